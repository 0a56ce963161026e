/**
 * Heartbeats: how workers say that they are connected and what they are doing, and which of them do not
 * share their results.
 */

import { z } from 'zod';
import { safeText } from '../base/safe-text.js';
import { KIND_NAMES, type KindName, kindOf } from '../kinds/kinds.js';
import { siteIdentity } from '../kinds/site.js';
import type { RedisConnection } from '../redis/connection.js';
import { KEYS } from '../redis/keys.js';
import { type JobQueue, queuesOf } from './queue.js';

/** How often a worker sends one. */
export const HEARTBEAT_EVERY_MS = 3000;

/** A worker without a heartbeat for this long is gone. */
export const HEARTBEAT_LASTS_MS = 10_000;

/** At most this many workers are listed. */
const LISTED_MAX = 1000;

/** Places named in one sentence. */
const PLACES_SHOWN = 3;

const PLACE_LENGTH_MAX = 80;

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

/** What a heartbeat counts by queue, of all queues together. */
export function ofAllQueues(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((all, count) => all + count, 0);
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

/**
 * Warns, a sentence for each kind and site, of connected workers that store its results in different
 * directories: each fetches what others have already, and none has all of them.
 */
export function storeSplitWarnings(
  workers: readonly Heartbeat[],
  kinds: readonly KindName[] = KIND_NAMES,
): string[] {
  return kinds.flatMap((kind) => {
    const { plural, site } = kindOf(kind);
    if (site === undefined) return [];
    const names = queuesOf(kind).map(({ name }) => name);
    const own = workers.filter(({ queues }) => names.some((name) => name in queues));
    // Results of different sites never share a directory.
    return [...new Set(own.map(({ sites }) => sites[kind]))].flatMap((url) => {
      const places = placesOf(own.filter(({ sites }) => sites[kind] === url));
      return places.length < 2 ? [] : [warning(plural, places)];
    });
  });
}

/** A place for each directory, always the same one in the same order: workers come in that of their heartbeats. */
function placesOf(workers: readonly Heartbeat[]): string[] {
  const places = new Map<string, string>();
  for (const { host, out, storeId } of workers) {
    const place = safeText(`${host}:${out}`, PLACE_LENGTH_MAX);
    const known = places.get(storeId);
    if (known === undefined || place < known) places.set(storeId, place);
  }
  return [...places.values()].toSorted();
}

function warning(plural: string, places: readonly string[]): string {
  const shown = places.slice(0, PLACES_SHOWN).join(', ');
  const more = places.length > PLACES_SHOWN ? ` and ${places.length - PLACES_SHOWN} more` : '';
  return `The workers of ${plural} do not share their results (${shown}${more}), so each fetches what others have. Give them one directory with --out.`;
}
