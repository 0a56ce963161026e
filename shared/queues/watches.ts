/**
 * Watches: workers ask a kind's site every so often whether it has anything new. One watch a kind: a
 * job scheduler of BullMQ makes the jobs of the queue of watches, and a record says what is known.
 */

import type { Queue } from 'bullmq';
import { z } from 'zod';
import { KIND_NAMES, type KindName, kindOf, recordKindOf } from '../kinds/kinds.js';
import type { RedisConnection } from '../redis/connection.js';
import { KEYS } from '../redis/keys.js';
import { openQueue } from './queue.js';
import { queueKeys } from './queue-keys.js';

/** The queue whose jobs are looks for what is new. */
export const WATCHES_QUEUE = 'watches';

/** A look is due by the clock of the worker that took the last one: so far may one be ahead of ours. */
const CLOCKS_APART_MAX_MS = 7_200_000;

/** Looks that Bull Board lists: enough for two days of one an hour. */
const LOOKS_KEPT = 50;

/** Kinds whose sites tell their newest number. */
export const WATCHED_KINDS: readonly KindName[] = KIND_NAMES.filter(
  (name) => kindOf(recordKindOf(name) ?? name).site?.latest !== undefined,
);

/** The data of a look. */
export const LookData = z.object({ kind: z.enum(KIND_NAMES) });

const count = z.coerce.number().int().min(0);

const WatchFields = z.object({
  everyMs: count,
  /** Identity of the site, as the person who began the watch had it configured. */
  site: z.string(),
  /** Whether the pictures of new comics are fetched, too. */
  pictures: z.literal(['0', '1']).transform((text) => text === '1'),
  /** The newest number that has been queued, or was there when the watch began. */
  known: count,
  /** When the site was asked last, and why it did not answer; 0 before, and empty where it did. */
  lookedAtMs: count.default(0),
  problem: z.string().default(''),
});

export interface Watch extends z.infer<typeof WatchFields> {
  readonly kind: KindName;
}

/** What a watch is begun with. */
export interface NewWatch {
  readonly kind: KindName;
  readonly everyMs: number;
  readonly site: string;
  readonly pictures: boolean;
  /** What is newer counts as new. */
  readonly known: number;
}

/** Reads a watch; undefined where there is none. */
export async function readWatch(
  connection: RedisConnection,
  kind: KindName,
): Promise<Watch | undefined> {
  const fields = await connection.hgetall(KEYS.watch(kind));
  const parsed = WatchFields.safeParse(fields).data;
  return parsed === undefined ? undefined : { kind, ...parsed };
}

/** A watch, and when its next look is due by the clock of the worker or command that scheduled it. */
export interface ScheduledWatch extends Watch {
  readonly nextAtMs: number | undefined;
}

/** Lists the watches, in the order of the kinds. */
export async function listWatches(connection: RedisConnection): Promise<ScheduledWatch[]> {
  const watches = await Promise.all(WATCHED_KINDS.map((kind) => readWatch(connection, kind)));
  const { schedules } = queueKeys(WATCHES_QUEUE);
  return Promise.all(
    watches
      .filter((watch) => watch !== undefined)
      .map(async (watch) => {
        const next = await connection.zscore(schedules, kindOf(watch.kind).plural);
        return { ...watch, nextAtMs: next === null ? undefined : Number(next) };
      }),
  );
}

/** Begins a watch, or changes the one that there is. The first look of a new one is due at once. */
export async function startWatch(
  connection: RedisConnection,
  { kind, everyMs, site, pictures, known }: NewWatch,
): Promise<void> {
  const record = { everyMs, site, pictures: pictures ? '1' : '0', known, problem: '' };
  await connection.hset(KEYS.watch(kind), record);
  await withQueue(connection, (queue) => schedule(queue, { kind, everyMs }));
}

async function schedule(
  queue: Queue,
  { kind, everyMs }: Pick<Watch, 'kind' | 'everyMs'>,
): Promise<void> {
  await queue.setGlobalConcurrency(1);
  const { plural } = kindOf(kind);
  await queue.upsertJobScheduler(
    plural,
    { every: everyMs },
    {
      name: `what is new of ${plural}`,
      data: { kind },
      opts: { removeOnComplete: { count: LOOKS_KEPT }, removeOnFail: { count: LOOKS_KEPT } },
    },
  );
}

/**
 * Schedules watches again whose next look would never come: the queue was obliterated, the command that
 * began the watch died half way, or a worker whose clock was years ahead took the last look.
 *
 * @param nowMs Redis time
 * @returns their kinds.
 */
export async function restoreWatches(
  connection: RedisConnection,
  nowMs: number,
): Promise<KindName[]> {
  const stuck = (await listWatches(connection)).filter(
    ({ nextAtMs, everyMs }) =>
      nextAtMs === undefined || nextAtMs > nowMs + everyMs + CLOCKS_APART_MAX_MS,
  );
  if (stuck.length > 0) {
    await withQueue(connection, async (queue) => {
      for (const watch of stuck) {
        await queue.removeJobScheduler(kindOf(watch.kind).plural);
        await schedule(queue, watch);
      }
    });
  }
  return stuck.map(({ kind }) => kind);
}

/** Records a look: the newest number, or why there is none. A watch that was ended stays so. */
export async function noteLook(
  connection: RedisConnection,
  kind: KindName,
  look: { readonly atMs: number; readonly known: number; readonly problem: string },
): Promise<void> {
  const key = KEYS.watch(kind);
  if ((await connection.exists(key)) === 0) return;
  await connection.hset(key, {
    known: look.known,
    lookedAtMs: Math.round(look.atMs),
    problem: look.problem,
  });
}

/** Ends a watch. Returns whether there was one. */
export async function stopWatch(connection: RedisConnection, kind: KindName): Promise<boolean> {
  // First, or a worker could find it without its schedule, and restore that.
  const hadRecord = (await connection.del(KEYS.watch(kind))) > 0;
  const removed = await withQueue(connection, async (queue) => {
    const wasThere = await queue.removeJobScheduler(kindOf(kind).plural);
    // A look that is due is no longer the schedule's.
    for (const job of await queue.getWaiting()) {
      if (LookData.safeParse(job.data).data?.kind === kind) await job.remove();
    }
    return wasThere;
  });
  return hadRecord || removed;
}

async function withQueue<T>(
  connection: RedisConnection,
  use: (queue: Queue) => Promise<T>,
): Promise<T> {
  const queue = openQueue(WATCHES_QUEUE, connection);
  try {
    return await use(queue);
  } finally {
    await queue.close();
  }
}
