/**
 * How a worker leaves. The order: take no more jobs; let those under way end, for as long as the
 * grace period lasts; make the rest let go, each back to its queue; then close what they used. With
 * Redis gone nothing can be handed back: the locks expire, and other workers find the results kept.
 */

import { withDeadline } from '../shared/base/wait.js';
import type { Fetcher } from '../shared/fetch/fetcher.js';
import { closeConnection, type RedisConnection } from '../shared/redis/connection.js';
import type { QueueWorker } from './queue-worker.js';
import type { Heartbeat } from './heartbeat.js';
import type { RunsWorker } from './run-tracker.js';

/** Redis is taken for gone when it does not answer within this time. */
const ANSWER_WITHIN_MS = 1000;

/** With Redis gone, jobs under way may still store their results. */
const GRACE_WITHOUT_REDIS_MS = 3000;

/** Time for jobs to let go once they are told to. */
const LET_GO_MS = 3000;

export interface StopTerms {
  readonly connection: RedisConnection;
  readonly fetcher: Fetcher;
  readonly queues: readonly QueueWorker[];
  readonly runs: RunsWorker;
  readonly heartbeat: Heartbeat;
  /** Ends everything that waits in the background. */
  readonly background: AbortController;
  readonly graceMs: number;
}

/** Stops a worker; resolves within its grace period and a few seconds. */
export async function stopInOrder(parts: StopTerms): Promise<void> {
  const reachable = await answers(parts);
  const closing = Promise.allSettled([
    ...parts.queues.map((queue) => queue.close()),
    parts.runs.close(),
  ]);
  const graceMs = reachable ? parts.graceMs : GRACE_WITHOUT_REDIS_MS;
  if (!(await within(closing, graceMs))) {
    for (const queue of parts.queues) queue.letGo();
    await within(closing, LET_GO_MS);
  }
  parts.background.abort();
  if (reachable) await within(parts.heartbeat.dismiss(), ANSWER_WITHIN_MS);
  parts.fetcher.close();
  await closeConnection(parts.connection);
}

async function answers(parts: StopTerms): Promise<boolean> {
  return within(parts.connection.ping(), ANSWER_WITHIN_MS);
}

async function within(work: Promise<unknown>, ms: number): Promise<boolean> {
  try {
    await withDeadline(work, ms, () => new Error('too late'));
    return true;
  } catch {
    return false;
  }
}
