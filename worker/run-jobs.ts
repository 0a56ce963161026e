/** The jobs of a run that are in Redis now. */

import { jobId, jobIdPrefix } from '../shared/queues/job.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { KEYS } from '../shared/redis/keys.js';
import type { Run } from '../shared/runs/run.js';

/** A producer has at most this many jobs under way that Redis has not acknowledged yet. */
const UNACKNOWLEDGED_MAX = 2000;

/** Whether a job of the run is being worked on. Active jobs are as many as there are slots. */
export async function hasActiveJobs(connection: RedisConnection, run: Run): Promise<boolean> {
  const active = await connection.lrange(`${KEYS.queueBase(run.lane.name)}active`, 0, -1);
  const prefix = jobIdPrefix(run.number);
  return active.some((id) => id.startsWith(prefix));
}

/**
 * How many jobs of a run whose producer fell silent were added: those acknowledged, and those after
 * them that are in Redis or have been counted.
 */
export async function countAdded(connection: RedisConnection, run: Run): Promise<number> {
  const base = KEYS.queueBase(run.lane.name);
  const last = Math.min(run.acknowledged + UNACKNOWLEDGED_MAX, run.total);
  const pipeline = connection.pipeline();
  for (let position = run.acknowledged + 1; position <= last; position += 1) {
    pipeline.exists(base + jobId({ run: run.number, position }));
    pipeline.bitfield(KEYS.endings(run.number), 'GET', 'u4', `#${position - 1}`);
  }
  const replies = (await pipeline.exec()) ?? [];
  let added = run.acknowledged;
  for (let index = 0; index < replies.length; index += 2) {
    const exists = Number(replies[index]?.[1]) > 0;
    const ended = Number([replies[index + 1]?.[1]].flat()[0]) > 0;
    if (exists || ended) added += 1;
  }
  return added;
}
