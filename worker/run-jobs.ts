/** The jobs of a run that are in Redis now. */

import { z } from 'zod';
import { jobId, jobIdPrefix } from '../shared/queues/job.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { KEYS, runScript, script } from '../shared/redis/keys.js';
import type { Run } from '../shared/runs/run.js';

/** A producer has at most this many jobs under way that Redis has not acknowledged yet. */
const UNACKNOWLEDGED_MAX = 2000;

/** Whether a job of the run is being worked on. Active jobs are as many as there are slots. */
export async function hasActiveJobs(connection: RedisConnection, run: Run): Promise<boolean> {
  const active = await connection.lrange(`${KEYS.queueBase(run.queue.name)}active`, 0, -1);
  const prefix = jobIdPrefix(run.number);
  return active.some((id) => id.startsWith(prefix));
}

/**
 * How many jobs of a run whose producer fell silent were added: those acknowledged, and those after
 * them that are in Redis or have been counted.
 */
export async function countAdded(connection: RedisConnection, run: Run): Promise<number> {
  const base = KEYS.queueBase(run.queue.name);
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

/** Jobs looked at by one call at each end of a queue: 2 ms of Redis's time (measured). */
const PAGE_JOBS = 500;

/**
 * KEYS[1] a queue's waiting jobs. ARGV: prefix of their keys; how the ids of the run begin; jobs a
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
  const base = KEYS.queueBase(run.queue.name);
  const args = [base, jobIdPrefix(run.number), PAGE_JOBS];
  return z.number().parse(await runScript(connection, DROP, [`${base}wait`], args));
}

const NOTICED_WITHIN_MS = 1000;

/** Runs remembered at most; the oldest are asked for again. */
const REMEMBERED_MAX = 1000;

interface Known {
  readonly cancelled: boolean;
  readonly checkedAtMs: number;
}

const State = z.string().nullable();

export class CancelledRuns {
  private readonly connection: RedisConnection;
  private readonly known = new Map<number, Known>();
  private readonly checks = new Map<number, Promise<boolean>>();

  constructor(connection: RedisConnection) {
    this.connection = connection;
  }

  /** Whether a run is cancelled, as of at most a second ago; known at once where it can be. */
  has(run: number): boolean | Promise<boolean> {
    const known = this.known.get(run);
    if (known?.cancelled === true) return true;
    if (known !== undefined && performance.now() - known.checkedAtMs < NOTICED_WITHIN_MS) {
      return false;
    }
    const check = this.checks.get(run) ?? this.check(run);
    this.checks.set(run, check);
    return check;
  }

  private async check(run: number): Promise<boolean> {
    try {
      const state = State.parse(await this.connection.hget(KEYS.run(run), 'state'));
      const cancelled = state === 'cancelled';
      this.remember(run, { cancelled, checkedAtMs: performance.now() });
      return cancelled;
    } finally {
      this.checks.delete(run);
    }
  }

  private remember(run: number, known: Known): void {
    this.known.delete(run);
    this.known.set(run, known);
    if (this.known.size <= REMEMBERED_MAX) return;
    const [oldest] = this.known.keys();
    if (oldest !== undefined) this.known.delete(oldest);
  }
}
