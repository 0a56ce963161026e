/**
 * The jobs of a run that are in Redis: counted, dropped, and those that never
 * end, because they were given up with their run or something else than a worker has removed them.
 */

import { z } from 'zod';
import { jobId, jobIdPrefix } from '../shared/queues/job.js';
import { queueKeys } from '../shared/queues/queue-keys.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { KEYS } from '../shared/redis/keys.js';
import { runScript, script } from '../shared/redis/script.js';
import type { Report } from '../shared/report/report.js';
import type { Run } from '../shared/runs/run.js';

/** A producer has at most this many jobs under way that Redis has not acknowledged yet. */
const UNACKNOWLEDGED_MAX = 2000;

/** Jobs looked at by one call at each end of a queue: 2 ms of Redis's time (measured). */
const PAGE_JOBS = 500;

/** Whether a job of the run is being worked on. Active jobs are as many as there are slots. */
export async function hasActiveJobs(connection: RedisConnection, run: Run): Promise<boolean> {
  const active = await connection.lrange(queueKeys(run.queue.name).active, 0, -1);
  const prefix = jobIdPrefix(run.number);
  return active.some((id) => id.startsWith(prefix));
}

/**
 * How many jobs of a run whose producer fell silent were added: those acknowledged, and those after
 * them that are in Redis or have been counted.
 */
export async function countAdded(connection: RedisConnection, run: Run): Promise<number> {
  const keys = queueKeys(run.queue.name);
  const last = Math.min(run.acknowledged + UNACKNOWLEDGED_MAX, run.total);
  const pipeline = connection.pipeline();
  for (let position = run.acknowledged + 1; position <= last; position += 1) {
    pipeline.exists(keys.job(jobId({ run: run.number, position })));
    pipeline.bitfield(KEYS.endings(run.number), 'GET', 'u4', `#${position - 1}`);
  }
  const replies = ((await pipeline.exec()) ?? []).map(([error, reply]) => {
    if (error !== null) throw error;
    return Number([reply].flat()[0]) > 0;
  });
  let added = run.acknowledged;
  for (let index = 0; index < replies.length; index += 2) {
    if (replies[index] === true || replies[index + 1] === true) added += 1;
  }
  return added;
}

/**
 * KEYS[1] a queue's waiting jobs. ARGV: prefix of their keys; how the ids of the run begin; jobs a
 * page. Redis takes nothing out of the middle of a list without going through it, so a page is
 * taken off each end, and what is another's is put back as it was. EXISTS is the check that no key is
 * on its way to another node of a cluster: after the first write it would be too late.
 */
const DROP = script(`
local base, ours, page = ARGV[1], ARGV[2], tonumber(ARGV[3])
local function dropAt(first, last, pop, push)
  local ids, gone, others = redis.call('LRANGE', KEYS[1], first, last), {}, {}
  -- The other way round where the list begins, as LPUSH puts each before the last.
  local from, to, step = 1, #ids, 1
  if first == 0 then from, to, step = #ids, 1, -1 end
  for index = from, to, step do
    local id = ids[index]
    if string.sub(id, 1, #ours) == ours then
      gone[#gone + 1] = base .. id
      gone[#gone + 1] = base .. id .. ':logs'
    else
      others[#others + 1] = id
    end
  end
  if #gone == 0 then return 0 end
  redis.call('EXISTS', unpack(gone))
  redis.call(pop, KEYS[1], #ids)
  if #others > 0 then redis.call(push, KEYS[1], unpack(others)) end
  redis.call('DEL', unpack(gone))
  return #gone / 2
end
return dropAt(-page, -1, 'RPOP', 'RPUSH') + dropAt(0, page - 1, 'LPOP', 'LPUSH')
`);

/**
 * Drops a page of a run's waiting jobs, those next in turn and those queued last. Jobs between those
 * of other runs stay: a worker that meets one ends it as cancelled.
 *
 * @returns how many jobs were dropped; 0 when none are left at either end.
 */
export async function dropWaiting(connection: RedisConnection, run: Run): Promise<number> {
  const keys = queueKeys(run.queue.name);
  const args = [keys.base, jobIdPrefix(run.number), PAGE_JOBS];
  return z.number().parse(await runScript(connection, DROP, [keys.waiting], args));
}

/** Positions looked at by one call: a millisecond of Redis's time where each has to be looked up. */
const PAGE_POSITIONS = 2000;

/**
 * KEYS the endings of a run; its queue's completed and failed jobs; its other lists. ARGV how the keys of
 * its jobs begin; first and last position. Returns the first position whose job has not been counted and
 * is there, 0 where there is none, and -1 where the queue holds nothing at all.
 */
const FIND = script(`
local places, first, last = KEYS[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local ended = redis.call('ZCOUNT', KEYS[2], 0, '+inf') + redis.call('ZCOUNT', KEYS[3], 0, '+inf')
if ended == 0 and redis.call('EXISTS', unpack(KEYS, 4)) == 0 then return -1 end
local function byteOf(position) return math.floor((position - 1) / 2) end
local bytes = redis.call('GETRANGE', places, byteOf(first), byteOf(last))
for position = first, last do
  local byte = string.byte(bytes, byteOf(position) - byteOf(first) + 1) or 0
  local ending = position % 2 == 1 and math.floor(byte / 16) or byte % 16
  if ending == 0 and redis.call('EXISTS', ARGV[1] .. position) == 1 then return position end
end
return 0
`);

/** Looks for the jobs of one run that are still to end. */
export class UnendedJobs {
  readonly #connection: RedisConnection;
  /** Those before it have been counted, or are gone. */
  #position = 1;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  /** Whether no job of a sealed run is left that could still end, counted or not. */
  async areGone({ number, queue, total }: Run): Promise<boolean> {
    const keys = queueKeys(queue.name);
    const { completed, failed, waiting, active, paused, delayed, prioritized } = keys;
    const lists = [completed, failed, waiting, active, paused, delayed, prioritized];
    while (this.#position <= total) {
      const last = Math.min(this.#position + PAGE_POSITIONS - 1, total);
      const args = [keys.base + jobIdPrefix(number), this.#position, last];
      const reply = await runScript(this.#connection, FIND, [KEYS.endings(number), ...lists], args);
      const found = z.number().parse(reply);
      if (found > 0) {
        this.#position = found;
        return false;
      }
      if (found < 0) return true;
      this.#position = last + 1;
    }
    return true;
  }
}

/** The report of a run that has ended, with the jobs that never will: it adds up. */
export function withUnended(report: Report, run: Run): Report {
  const state = run.state === 'sealed' ? 'ended' : run.state;
  const rest = report.queued - report.ended;
  if (state === 'abandoned' || rest <= 0) return { ...report, state };
  const reason = state === 'cancelled' ? 'cancelled' : 'removed';
  return {
    ...report,
    state,
    ended: report.queued,
    outcomes: { ...report.outcomes, cancelled: (report.outcomes.cancelled ?? 0) + rest },
    reasons: { ...report.reasons, [reason]: (report.reasons[reason] ?? 0) + rest },
  };
}
