/** The queues: which there are, and how BullMQ is loaded and its queues opened. */

import { createRequire } from 'node:module';
import type * as BullMQ from 'bullmq';
import type { Queue } from 'bullmq';
import { KIND_NAMES, type KindName, kindOf, KINDS } from '../kinds/kinds.js';
import type { RedisConnection } from '../redis/connection.js';
import { PREFIX } from '../redis/keys.js';

/** A queue of jobs, known by its name; each kind has two. */
export interface JobQueue {
  /** Name of the queue in Redis: `comics` or `comics-baseline`. */
  readonly name: string;
  readonly kind: KindName;
  /** Whether this queue is worked one job at a time across all machines. */
  readonly baseline: boolean;
}

const BASELINE_SUFFIX = '-baseline';

/** The queue that jobs of a kind go to. */
export function queueOf(kind: KindName, baseline: boolean): JobQueue {
  const { plural } = KINDS[kind];
  return { name: baseline ? `${plural}${BASELINE_SUFFIX}` : plural, kind, baseline };
}

/** Both queues of a kind. They share its site, so they are limited and paused together. */
export function queuesOf(kind: KindName): readonly [JobQueue, JobQueue] {
  return [queueOf(kind, false), queueOf(kind, true)];
}

/** Every queue, in the order of the kinds. */
export const QUEUES: readonly JobQueue[] = KIND_NAMES.flatMap(queuesOf);

/** The queue of a name, if there is one. */
export function queueNamed(name: string): JobQueue | undefined {
  return QUEUES.find((queue) => queue.name === name);
}

/** The queue whose jobs are runs. */
export const RUNS_QUEUE = 'runs';

/**
 * A limit that no queue reaches. One must be set, or BullMQ ignores the pauses that a site asks for
 * (measured); it stays far below the value by which BullMQ marks a pause.
 */
const UNREACHED_RATE = { max: 1_000_000_000, durationMs: 1000 } as const;

/** Opens the queue of a name. The connection stays the caller's; `close()` leaves it open. */
export function openQueue(name: string, connection: RedisConnection): Queue {
  const bullQueue = new (bullmq().Queue)(name, {
    connection,
    prefix: PREFIX,
    skipVersionCheck: true,
  });
  // The connection's owner reports its errors; without a listener here they would end the process.
  bullQueue.on('error', () => {});
  return bullQueue;
}

/** The queue of runs. */
export function openRunsQueue(connection: RedisConnection): Queue {
  return openQueue(RUNS_QUEUE, connection);
}

/**
 * Writes what all workers of a queue obey: where there is a site, a global rate limit, without which
 * its pauses have no effect; in a baseline queue, a global concurrency of 1. Cheap and repeatable:
 * call it before jobs are added and when a worker starts.
 */
export async function prepareQueue(bullQueue: Queue, queue: JobQueue): Promise<void> {
  if (kindOf(queue.kind).site !== undefined) {
    await bullQueue.setGlobalRateLimit(UNREACHED_RATE.max, UNREACHED_RATE.durationMs);
  }
  if (queue.baseline) await bullQueue.setGlobalConcurrency(1);
}

let loaded: typeof BullMQ | undefined;

/**
 * BullMQ, loaded at the first call, so that `--help` does not wait for it; its types are imported as
 * always. `require` rather than `import`, because to import a CommonJS package Node first searches
 * the source of all its files, 170 here, for the names they export. With ioredis, which is loaded
 * alike, that is a sixth of the time until a worker takes its first job (750 → 630 ms on Node 20,
 * measured).
 */
export function bullmq(): typeof BullMQ {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- A package is what its types describe.
  loaded ??= createRequire(import.meta.url)('bullmq') as typeof BullMQ;
  return loaded;
}
