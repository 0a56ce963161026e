/**
 * Stops a worker. The order, and why:
 *
 * 1. Take no more jobs, and hand tracked runs over: others may go on with them at once.
 * 2. Let jobs under way end, for as long as the grace period lasts.
 * 3. Put the rest back into the queues, without spending an attempt.
 * 4. Count the jobs that ended here: where this was the last worker, nobody else would for a while, and
 *    `status` and the board would show fewer than are done.
 * 5. End what repeats in the background, and take the worker off the list: it works no longer.
 * 6. Close what jobs use: the fetcher, then Redis, which was told how they ended, then the store,
 *    whose journal is complete only now.
 *
 * Without Redis nothing can be handed back: the locks expire, and other workers find the results.
 */

import { withDeadline } from '../shared/base/wait.js';
import type { Fetcher } from '../shared/fetch/fetcher.js';
import type { JobQueue } from '../shared/queues/queue.js';
import { closeConnection, type RedisConnection } from '../shared/redis/connection.js';
import { foldFinished } from '../shared/runs/tally.js';
import type { ResultStore } from '../shared/store/result-store.js';

/** Redis is taken for gone when it does not answer within this time. */
const ANSWER_WITHIN_MS = 1000;

/** Enough for tens of thousands of jobs; what is left is counted by the next worker. */
const COUNT_WITHIN_MS = 2000;

/** Without Redis, jobs under way may still store their results. */
const GRACE_WITHOUT_REDIS_MS = 3000;

/** Time for jobs to let go once they are told to. */
const RELEASE_MS = 3000;

export interface StopDeps {
  readonly queues: readonly StoppedQueue[];
  readonly runs: { close(): Promise<void> };
  readonly watcher: { close(): Promise<void> } | undefined;
  readonly heartbeat: { dismiss(): Promise<void> };
  /** Ends everything that repeats in the background. */
  readonly background: AbortController;
  readonly fetcher: Fetcher;
  readonly connection: RedisConnection;
  readonly store: ResultStore;
}

/** What stopping asks of a queue's worker. */
interface StoppedQueue {
  readonly queue: JobQueue;
  /** Takes no more jobs; resolves when those under way have ended. */
  close(): Promise<void>;
  /** Puts jobs under way back into the queue. */
  releaseJobs(): void;
}

/** Stops a worker; resolves within its grace period and a few seconds, with nothing left open. */
export async function stopInOrder(deps: StopDeps, graceMs: number): Promise<void> {
  const { queues, runs, watcher, heartbeat, connection } = deps;
  const reachable = await settles(connection.ping(), ANSWER_WITHIN_MS);
  const takers = [...queues, runs, ...(watcher === undefined ? [] : [watcher])];
  const closing = Promise.allSettled(takers.map((taker) => taker.close()));
  if (!(await settles(closing, reachable ? graceMs : GRACE_WITHOUT_REDIS_MS))) {
    for (const queue of queues) queue.releaseJobs();
    await settles(closing, RELEASE_MS);
  }
  if (reachable) await settles(countEnded(deps), COUNT_WITHIN_MS);
  deps.background.abort();
  if (reachable) await settles(heartbeat.dismiss(), ANSWER_WITHIN_MS);
  deps.fetcher.close();
  await closeConnection(connection);
  await deps.store.close();
}

/** Counts what has ended in the queues that were worked here. */
async function countEnded({ queues, connection }: StopDeps): Promise<void> {
  for (const { queue } of queues) while (await foldFinished(connection, queue));
}

/** Whether work succeeds within the time. */
async function settles(work: Promise<unknown>, ms: number): Promise<boolean> {
  try {
    await withDeadline(work, ms, () => new Error('too late'));
    return true;
  } catch {
    return false;
  }
}
