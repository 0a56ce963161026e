/** Decides when a worker with `--drain` may leave. */

import { pauseFor } from '../shared/base/wait.js';
import type { JobQueue } from '../shared/queues/queue.js';
import { holdsJobs, type QueuePause, readQueuePause } from '../shared/queues/queue-state.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { liveRuns } from '../shared/runs/run-store.js';

const LOOK_EVERY_MS = 200;

/** A queue that is paused for longer is left, with its jobs in it. */
const PAUSED_MAX_MS = 60_000;

/** Why a worker left by itself. */
export type WorkerEnd =
  | { readonly type: 'drained' }
  /** A queue is paused for over a minute, with jobs in it. */
  | { readonly type: 'queue-paused'; readonly queue: string; readonly reason: string };

export interface DrainDeps {
  readonly connection: RedisConnection;
  readonly queues: readonly JobQueue[];
}

/**
 * Resolves when the queues hold nothing and no run of theirs is open or unreported, or when one of
 * them stays paused. Rejects with the signal's reason when the worker stops first.
 */
export async function watchForDrain(deps: DrainDeps, signal: AbortSignal): Promise<WorkerEnd> {
  /** When each queue was first seen paused. */
  const pausedSinceMs = new Map<string, number>();
  while (await pauseFor(LOOK_EVERY_MS, signal)) {
    const end = (await isDrained(deps)) ? DRAINED : await pausedQueue(deps, pausedSinceMs);
    if (end !== undefined) return end;
  }
  throw signal.reason;
}

const DRAINED: WorkerEnd = { type: 'drained' };

async function isDrained({ connection, queues }: DrainDeps): Promise<boolean> {
  for (const queue of queues) {
    if (await holdsJobs(connection, queue)) return false;
  }
  const names = new Set(queues.map(({ name }) => name));
  return !(await liveRuns(connection)).some((run) => names.has(run.queue.name));
}

/** The first queue whose pause has lasted, or will last, for too long. */
async function pausedQueue(
  { connection, queues }: DrainDeps,
  pausedSinceMs: Map<string, number>,
): Promise<WorkerEnd | undefined> {
  for (const queue of queues) {
    const pause = await readQueuePause(connection, queue);
    if (!lastsTooLong(queue, pause, pausedSinceMs)) continue;
    if (!(await holdsJobs(connection, queue))) continue;
    return { type: 'queue-paused', queue: queue.name, reason: pause?.reason ?? '' };
  }
  return undefined;
}

function lastsTooLong(
  queue: JobQueue,
  pause: QueuePause | undefined,
  pausedSinceMs: Map<string, number>,
): boolean {
  if (pause === undefined) {
    pausedSinceMs.delete(queue.name);
    return false;
  }
  const nowMs = performance.now();
  const sinceMs = pausedSinceMs.get(queue.name) ?? nowMs;
  pausedSinceMs.set(queue.name, sinceMs);
  return nowMs - sinceMs + (pause.leftMs ?? 0) > PAUSED_MAX_MS;
}
