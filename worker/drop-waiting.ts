/** Takes the waiting jobs of a run that was given up out of their lane. */

import { z } from 'zod';
import { jobIdPrefix } from '../shared/queues/job.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { KEYS, runScript, script } from '../shared/redis/keys.js';
import type { Run } from '../shared/runs/run.js';

/** Jobs looked at by one call at each end of a lane: 2 ms of Redis's time (measured). */
const PAGE_JOBS = 500;

/**
 * KEYS[1] a lane's waiting jobs. ARGV: prefix of their keys; how the ids of the run begin; jobs a
 * page. Redis takes nothing out of the middle of a list without going through it, so a page is
 * taken off each end, and what is another's is put back as it was.
 */
const DROP = script(`
local base, ours, page = ARGV[1], ARGV[2], tonumber(ARGV[3])
local function dropAt(pop, push)
  local gone, kept = {}, {}
  local ids = redis.call(pop, KEYS[1], page) or {}
  for index = #ids, 1, -1 do
    local id = ids[index]
    if string.sub(id, 1, #ours) == ours then
      gone[#gone + 1] = base .. id
      gone[#gone + 1] = base .. id .. ':logs'
    else
      kept[#kept + 1] = id
    end
  end
  if #kept > 0 then redis.call(push, KEYS[1], unpack(kept)) end
  if #gone > 0 then redis.call('DEL', unpack(gone)) end
  return #gone / 2
end
return dropAt('RPOP', 'RPUSH') + dropAt('LPOP', 'LPUSH')
`);

/**
 * Drops a page of a run's waiting jobs, those next in turn and those queued last. Jobs between those
 * of other runs stay: a worker that meets one ends it as cancelled.
 *
 * @returns how many jobs were dropped; 0 when none are left at either end.
 */
export async function dropWaiting(connection: RedisConnection, run: Run): Promise<number> {
  const base = KEYS.queueBase(run.lane.name);
  const args = [base, jobIdPrefix(run.number), PAGE_JOBS];
  return z.number().parse(await runScript(connection, DROP, [`${base}wait`], args));
}
