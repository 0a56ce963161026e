/** Decides when a worker with `--drain` may leave. */

import type { RateLimitedLog } from '../shared/base/logger.js';
import { pauseFor } from '../shared/base/wait.js';
import type { JobQueue } from '../shared/queues/queue.js';
import { holdsJobs, readQueuePause } from '../shared/queues/queue-state.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { redisErrorText } from '../shared/redis/refusal.js';
import { pauseStandstill } from '../shared/report/standstill.js';
import { liveRuns } from '../shared/runs/run-store.js';

const LOOK_EVERY_MS = 200;

/** A queue that is paused for longer is left, with its jobs in it. */
const PAUSED_MAX_MS = 60_000;

/** Why a worker left by itself. */
export type WorkerEnd =
  | { readonly type: 'drained' }
  /** A queue is paused for over a minute, with jobs in it. */
  | { readonly type: 'queue-paused'; readonly queue: string; readonly reason: string }
  /** A queue has held nothing but jobs of another site for over a minute. */
  | { readonly type: 'other-site'; readonly queue: string; readonly site: string };

const DRAINED: WorkerEnd = { type: 'drained' };

export interface DrainDeps {
  readonly connection: RedisConnection;
  readonly queues: readonly JobQueue[];
  /** Says whose jobs keep a queue from being worked here. */
  readonly siteGuard: { siteInTheWay(queue: JobQueue): string | undefined };
  readonly log: RateLimitedLog;
}

/**
 * Resolves when the queues hold nothing and no run of theirs is open or unreported, or when one of
 * them stays paused. Rejects with the signal's reason when the worker stops first.
 */
export async function watchForDrain(deps: DrainDeps, signal: AbortSignal): Promise<WorkerEnd> {
  /** When each queue was first seen paused. */
  const pausedSinceMs = new Map<string, number>();
  while (await pauseFor(LOOK_EVERY_MS, signal)) {
    try {
      const end = (await isDrained(deps)) ? DRAINED : await pausedQueue(deps, pausedSinceMs);
      if (end !== undefined) return end;
    } catch (error) {
      // It is looked again: one error of Redis must not keep the worker for ever.
      deps.log.warn(`Cannot see whether the queues are empty: ${redisErrorText(error)}`, {});
    }
  }
  throw signal.reason;
}

async function isDrained({ connection, queues }: DrainDeps): Promise<boolean> {
  for (const queue of queues) {
    if (await holdsJobs(connection, queue)) return false;
  }
  const names = new Set(queues.map(({ name }) => name));
  return !(await liveRuns(connection)).some((run) => names.has(run.queue.name));
}

/** The first queue that has been left with jobs in it, or will be, for too long. */
async function pausedQueue(
  { connection, queues, siteGuard }: DrainDeps,
  pausedSinceMs: Map<string, number>,
): Promise<WorkerEnd | undefined> {
  for (const queue of queues) {
    const site = siteGuard.siteInTheWay(queue);
    const pause = await readQueuePause(connection, queue);
    const leftMs = site === undefined ? pause && (pause.leftMs ?? 0) : 0;
    if (!lastsTooLong(queue, leftMs, pausedSinceMs)) continue;
    if (!(await holdsJobs(connection, queue))) continue;
    if (site !== undefined) return { type: 'other-site', queue: queue.name, site };
    if (pause === undefined) continue;
    return { type: 'queue-paused', queue: queue.name, reason: pauseStandstill(queue, pause).text };
  }
  return undefined;
}

/** @param leftMs for how long the queue will still not be worked; undefined when it is worked */
function lastsTooLong(
  queue: JobQueue,
  leftMs: number | undefined,
  pausedSinceMs: Map<string, number>,
): boolean {
  if (leftMs === undefined) {
    pausedSinceMs.delete(queue.name);
    return false;
  }
  const nowMs = performance.now();
  const sinceMs = pausedSinceMs.get(queue.name) ?? nowMs;
  pausedSinceMs.set(queue.name, sinceMs);
  return nowMs - sinceMs + leftMs > PAUSED_MAX_MS;
}
