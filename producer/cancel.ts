/** Gives a run up. */

import { pauseFor } from '../shared/base/wait.js';
import { listWorkers } from '../shared/queues/heartbeat.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { moveRun } from '../shared/runs/run-store.js';
import { isLive, type Run } from '../shared/runs/run.js';
import { readTally } from '../shared/runs/tally.js';
import { noSuchRun, requireRun } from './wait.js';

/** A tracker takes over 100,000 waiting jobs a second out of their queue (measured), then ends the run. */
const TRACKER_WAIT_MS = 5000;

const LOOK_EVERY_MS = 50;

export interface Cancelled {
  /** As the run is afterwards. One that had ended before stays as it was. */
  readonly run: Run;
  /** Jobs that had ended before the run was given up, or were under way. */
  readonly done: number;
  /** Jobs that will not be done. */
  readonly left: number;
  /** Whether the run is over. If not, a worker will end it. */
  readonly ended: boolean;
  /** Workers connected. */
  readonly workers: number;
}

/**
 * Moves a run to `cancelled`. Where a worker is connected, waits a moment for the run's tracker to
 * take its waiting jobs out of the queue and end it.
 *
 * @throws CommandError (no input) when there is no such run.
 */
export async function cancelRun(
  connection: RedisConnection,
  number: number,
  signal: AbortSignal,
): Promise<Cancelled> {
  const from = ['open', 'sealed', 'abandoned'] as const;
  const state = await moveRun(connection, number, { to: 'cancelled', from });
  if (state === undefined) throw noSuchRun(number);
  const workers = await listWorkers(connection);
  const deadlineMs = performance.now() + (workers.length > 0 ? TRACKER_WAIT_MS : 0);
  let run = await requireRun(connection, number);
  while (isLive(run) && performance.now() < deadlineMs) {
    if (!(await pauseFor(LOOK_EVERY_MS, signal))) break;
    run = await requireRun(connection, number);
  }
  const { ended, outcomes } = await readTally(connection, number);
  const done = ended - outcomes.cancelled;
  return { run, done, left: run.total - done, ended: !isLive(run), workers: workers.length };
}
