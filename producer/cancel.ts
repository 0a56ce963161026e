/** Cancels a run. */

import { pauseFor } from '../shared/base/wait.js';
import { listWorkers } from '../shared/queues/heartbeat.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { moveRun, noSuchRun, requireRun } from '../shared/runs/run-store.js';
import { isLive, type Run } from '../shared/runs/run.js';
import { readTally } from '../shared/runs/tally.js';
import { addTracker } from './reopen.js';

/** A run tracker removes over 100,000 waiting jobs a second (measured), then ends the run. */
const TRACKER_WAIT_MS = 5000;

const POLL_EVERY_MS = 50;

export interface Cancelled {
  /** The run afterwards; one that had already ended is unchanged. */
  readonly run: Run;
  /** Jobs that have ended other than as `cancelled`. */
  readonly done: number;
  /** Jobs that will not be done, or are still active. */
  readonly left: number;
  /** Whether the run has ended. If not, a worker will end it. */
  readonly ended: boolean;
  /** Connected workers. */
  readonly workers: number;
}

/**
 * Moves a run to `cancelled`. If a worker is connected, waits up to five seconds for the run tracker to
 * remove the waiting jobs and end the run.
 *
 * @throws CommandError (no input) when there is no such run.
 */
export async function cancelRun(
  connection: RedisConnection,
  number: number,
  signal: AbortSignal,
): Promise<Cancelled> {
  const before = await requireRun(connection, number);
  const from = ['open', 'sealed', 'abandoned'] as const;
  const state = await moveRun(connection, number, { to: 'cancelled', from });
  if (state === undefined) throw noSuchRun(number);
  // It had ended, and goes on: to be counted up as cancelled.
  if (!isLive(before) && state !== before.state) await addTracker(connection, before);
  const workers = await listWorkers(connection);
  const deadlineMs = performance.now() + (workers.length > 0 ? TRACKER_WAIT_MS : 0);
  let run = await requireRun(connection, number);
  while (isLive(run) && performance.now() < deadlineMs) {
    if (!(await pauseFor(POLL_EVERY_MS, signal))) break;
    run = await requireRun(connection, number);
  }
  const { ended, outcomes } = await readTally(connection, number);
  const done = ended - outcomes.cancelled;
  return { run, done, left: run.total - done, ended: !isLive(run), workers: workers.length };
}
