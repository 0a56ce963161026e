/** Forgets runs: what is in Redis about them, not the results. */

import type { Queue } from 'bullmq';
import { runName } from '../queues/job.js';
import type { RedisConnection } from '../redis/connection.js';
import { KEYS, keysOfRun } from '../redis/keys.js';
import { isLive, type Run } from './run.js';

/** How many ended runs are kept besides every baseline. */
export const RUNS_KEPT = 1000;

/** Forgets the oldest ended runs beyond {@link RUNS_KEPT}; baselines and live runs stay. */
export async function forgetOldRuns(connection: RedisConnection, runsQueue: Queue): Promise<void> {
  const surplus = (await connection.zcard(KEYS.endedRuns)) - RUNS_KEPT;
  if (surplus <= 0) return;
  for (const text of await connection.zrange(KEYS.endedRuns, '0', String(surplus - 1))) {
    await forget(connection, runsQueue, Number(text));
  }
}

/**
 * Forgets an ended run, also a baseline: the next one of its kind is compared with an older one, or with none.
 *
 * @returns whether it is forgotten; a live run is not.
 */
export async function forgetRun(
  connection: RedisConnection,
  runsQueue: Queue,
  run: Run,
): Promise<boolean> {
  if (isLive(run)) return false;
  const fields = await connection.hgetall(KEYS.baselines(run.kind));
  for (const [field, number] of Object.entries(fields)) {
    if (Number(number) === run.number) await connection.hdel(KEYS.baselines(run.kind), field);
  }
  await forget(connection, runsQueue, run.number);
  return true;
}

async function forget(
  connection: RedisConnection,
  runsQueue: Queue,
  number: number,
): Promise<void> {
  await runsQueue.remove(runName(number));
  await connection.del(...keysOfRun(number));
  await connection.zrem(KEYS.runIndex, number);
  // Last, so that whatever stops the forgetting leaves it to the next call.
  await connection.zrem(KEYS.endedRuns, number);
}
