/** When a worker that drains may leave. */

import { pauseFor } from '../shared/base/wait.js';
import type { JobQueue } from '../shared/queues/queue.js';
import { readSiteState } from '../shared/queues/site-state.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { KEYS } from '../shared/redis/keys.js';
import { liveRuns } from '../shared/runs/run-store.js';
import type { QueueWorker } from './queue-worker.js';

/** Why a worker left by itself. */
export type WorkerEnd =
  | { readonly type: 'drained' }
  /** A queue has been paused for over a minute with jobs in it. */
  | { readonly type: 'queue-paused'; readonly queue: string; readonly reason: string };

const LOOK_EVERY_MS = 200;
const PAUSED_MAX_MS = 60_000;

export interface DrainTerms {
  readonly connection: RedisConnection;
  readonly queues: readonly QueueWorker[];
  /** Aborted when the worker stops for another reason. */
  readonly signal: AbortSignal;
}

/** Resolves when the queues hold nothing and no run of theirs is open or unreported. */
export async function watchForDrain(terms: DrainTerms): Promise<WorkerEnd> {
  const { connection, signal } = terms;
  const queues = terms.queues.map(({ queue }) => queue);
  const pausedSinceMs = new Map<string, number>();
  while (await pauseFor(LOOK_EVERY_MS, signal)) {
    if (await isDrained(connection, queues)) return { type: 'drained' };
    for (const queue of queues) {
      const pause = await pauseOf(connection, queue);
      if (pause === undefined) {
        pausedSinceMs.delete(queue.name);
        continue;
      }
      const sinceMs = pausedSinceMs.get(queue.name) ?? performance.now();
      pausedSinceMs.set(queue.name, sinceMs);
      const pausedMs = performance.now() - sinceMs + pause.leftMs;
      if (pausedMs > PAUSED_MAX_MS && (await holdsJobs(connection, queue))) {
        return { type: 'queue-paused', queue: queue.name, reason: pause.reason };
      }
    }
  }
  throw new Error('The worker stopped before it was drained');
}

async function isDrained(
  connection: RedisConnection,
  queues: readonly JobQueue[],
): Promise<boolean> {
  for (const queue of queues) {
    if (await holdsJobs(connection, queue)) return false;
  }
  const names = new Set(queues.map(({ name }) => name));
  return !(await liveRuns(connection)).some((run) => names.has(run.queue.name));
}

async function holdsJobs(connection: RedisConnection, queue: JobQueue): Promise<boolean> {
  const base = KEYS.queueBase(queue.name);
  const counts = await Promise.all([
    connection.llen(`${base}wait`),
    connection.llen(`${base}active`),
    connection.llen(`${base}paused`),
    connection.zcard(`${base}delayed`),
    connection.zcard(`${base}prioritized`),
  ]);
  return counts.some((count) => count > 0);
}

interface Pause {
  /** How long it will last from now; 0 where nobody knows. */
  readonly leftMs: number;
  readonly reason: string;
}

async function pauseOf(connection: RedisConnection, queue: JobQueue): Promise<Pause | undefined> {
  const { pausedForMs, pauseReason } = await readSiteState(connection, queue.kind);
  if (pausedForMs > 0) return { leftMs: pausedForMs, reason: pauseReason ?? 'its site' };
  const paused = await connection.hexists(`${KEYS.queueBase(queue.name)}meta`, 'paused');
  return paused === 1 ? { leftMs: 0, reason: 'a person' } : undefined;
}
