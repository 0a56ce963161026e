/** Makes a run of a plan, and adds its jobs. */

import { CommandError, errorText, EXIT } from '../shared/base/errors.js';
import { openRunsQueue } from '../shared/queues/lane.js';
import { openRedisClock } from '../shared/redis/clock.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { createRun } from '../shared/runs/run-store.js';
import { type AddingTerms, addJobs, type Enqueued } from './job-adding.js';
import type { RunPlan } from './plan.js';

/**
 * Makes a run and adds all its jobs. The plan stays the caller's, who disposes of it.
 *
 * @throws CommandError: unavailable when Redis fails or is full, interrupted when the signal
 * aborts. Once the run is made, the message names it and how to go on.
 */
export async function enqueueRun(plan: RunPlan, terms: AddingTerms): Promise<Enqueued> {
  terms.signal.throwIfAborted();
  const run = await makeRun(plan, terms.connection);
  return addJobs(plan, run, 0, terms);
}

async function makeRun(plan: RunPlan, connection: RedisConnection): Promise<number> {
  const runsQueue = openRunsQueue(connection);
  try {
    const clock = await openRedisClock(connection);
    return await createRun(connection, runsQueue, plan.run, clock.now());
  } catch (error) {
    throw new CommandError(
      EXIT.unavailable,
      `Cannot make a run: ${errorText(error)}. Nothing was queued; see to Redis and try again`,
      { cause: error },
    );
  } finally {
    await runsQueue.close();
  }
}
