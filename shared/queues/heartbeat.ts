/** Heartbeats: how workers say that they are connected, and what they are doing. */

import { z } from 'zod';
import { siteIdentity } from '../kinds/site.js';
import type { RedisConnection } from '../redis/connection.js';
import { KEYS } from '../redis/keys.js';
import type { JobQueue } from './queue.js';

/** How often a worker sends one. */
export const HEARTBEAT_EVERY_MS = 3000;

/** A worker without a heartbeat for this long is gone. */
export const HEARTBEAT_LASTS_MS = 10_000;

/** At most this many workers are listed. */
const LISTED_MAX = 1000;

export const Heartbeat = z.object({
  /** Unique per process, without spaces: BullMQ drops workers whose names hold one. */
  id: z.string(),
  host: z.string(),
  pid: z.number(),
  version: z.string(),
  startedAtMs: z.number(),
  /** Queues it works, with the concurrency of each. */
  queues: z.record(z.string(), z.number()),
  /** Identity of the site that it asks, by kind; empty from a version that did not say. */
  sites: z.record(z.string(), z.string()).default({}),
  /** Jobs under way, by queue. */
  active: z.record(z.string(), z.number()),
  /**
   * How long it has been ready for a job and taken none, in milliseconds, by queue; 0 where it takes
   * none on purpose. Empty from a version that did not say.
   */
  idleMs: z.record(z.string(), z.number()).default({}),
  /** How far its wall clock is ahead of Redis. */
  skewMs: z.number(),
  /** Where it keeps results. */
  out: z.string(),
  /** Equal for workers that share their results. */
  storeId: z.string(),
  /** What keeps it from taking jobs, such as a full disk; null when it takes them. */
  trouble: z.string().nullable(),
});
export type Heartbeat = z.infer<typeof Heartbeat>;

/** Whether a worker works a queue for a run that asks a site, given as its URL template or identity. */
export function isWorkerOf(
  { queues, sites }: Pick<Heartbeat, 'queues' | 'sites'>,
  queue: JobQueue,
  site: string,
): boolean {
  if (!(queue.name in queues)) return false;
  const own = sites[queue.kind] ?? '';
  return own === siteIdentity(site) || own === '' || site === '';
}

/** A connected worker. */
export interface ListedWorker extends Heartbeat {
  /** When it sent its newest heartbeat, in Redis time. */
  readonly heardAtMs: number;
}

/** Puts a worker on the list, for the next ten seconds. */
export async function announceWorker(
  connection: RedisConnection,
  heartbeat: Heartbeat,
  nowMs: number,
): Promise<void> {
  await connection
    .multi()
    .set(KEYS.worker(heartbeat.id), JSON.stringify(heartbeat), 'PX', HEARTBEAT_LASTS_MS)
    .zadd(KEYS.workers, String(nowMs + HEARTBEAT_LASTS_MS), heartbeat.id)
    .zremrangebyscore(KEYS.workers, '-inf', String(nowMs))
    .exec();
}

/** Takes a worker off the list when it leaves. */
export async function dismissWorker(connection: RedisConnection, id: string): Promise<void> {
  await connection.multi().del(KEYS.worker(id)).zrem(KEYS.workers, id).exec();
}

/** Lists the workers that are connected; heartbeats of other versions are skipped. */
export async function listWorkers(connection: RedisConnection): Promise<ListedWorker[]> {
  const listed = await connection.zrange(KEYS.workers, '0', String(LISTED_MAX - 1), 'WITHSCORES');
  const workers: Promise<ListedWorker | undefined>[] = [];
  for (let index = 0; index < listed.length; index += 2) {
    const heardAtMs = Number(listed[index + 1]) - HEARTBEAT_LASTS_MS;
    workers.push(readWorker(connection, listed[index] ?? '', heardAtMs));
  }
  return (await Promise.all(workers)).filter((worker) => worker !== undefined);
}

async function readWorker(
  connection: RedisConnection,
  id: string,
  heardAtMs: number,
): Promise<ListedWorker | undefined> {
  const text = await connection.get(KEYS.worker(id));
  const parsed = text === null ? undefined : Heartbeat.safeParse(JSON.parse(text));
  return parsed?.success === true ? { ...parsed.data, heardAtMs } : undefined;
}
