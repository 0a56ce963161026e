/** Makes a run live again that had ended as abandoned, or may have. */

import { openRunsQueue } from '../shared/queues/queue.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { moveRun } from '../shared/runs/run-store.js';
import type { RunState } from '../shared/runs/run.js';
import { addTrackerJob, type TrackedRun } from '../shared/runs/tracker-job.js';

/** Who adds the jobs of a run from now on, after whom: a run of a third producer stays as it is. */
interface ProducerChange {
  /** Empty for whichever it is. */
  readonly from: string;
  readonly to: string;
}

/**
 * Moves an abandoned run back to `open`, where it is live again even if its tracker had ended it, and
 * gives it a tracker. Idempotent.
 *
 * @returns the state the run is in afterwards; undefined when there is no such run.
 */
export async function reopenRun(
  connection: RedisConnection,
  run: TrackedRun,
  producer: ProducerChange,
): Promise<RunState | undefined> {
  const state = await moveRun(connection, run.number, {
    to: 'open',
    from: ['open', 'abandoned'],
    producer: producer.from,
    fields: { producer: producer.to },
  });
  if (state === 'open') await addTracker(connection, run);
  return state;
}

/** Gives a run a tracker where it has none. */
export async function addTracker(connection: RedisConnection, run: TrackedRun): Promise<void> {
  const runsQueue = openRunsQueue(connection);
  try {
    await addTrackerJob(runsQueue, run);
  } finally {
    await runsQueue.close();
  }
}
