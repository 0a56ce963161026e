/** Runs in Redis: made, found, moved from state to state. */

import type { Job, Queue } from 'bullmq';
import { z } from 'zod';
import { wait } from '../base/wait.js';
import { type KindName, KINDS } from '../kinds/kinds.js';
import { runName } from '../queues/job.js';
import type { RedisConnection } from '../redis/connection.js';
import { KEYS, runScript, script } from '../redis/keys.js';
import { parseRun, type Run, RUN_STATES, type RunState } from './run.js';

/** Time between a tracker's last look at its run and the end of its job. */
const TRACKER_COMPLETES_WITHIN_MS = 3000;
const TRACKER_LOOK_EVERY_MS = 50;

/** How many ended runs are kept besides every baseline. */
export const RUNS_KEPT = 1000;

export interface NewRun {
  readonly kind: KindName;
  readonly baseline: boolean;
  readonly selection: string;
  readonly digest: string;
  readonly site: string;
  readonly refetch: boolean;
  readonly times: number;
  readonly attempts: number;
  readonly asked: number;
  readonly duplicates: number;
  readonly total: number;
  readonly group?: number;
  readonly pass?: number;
  readonly retryOf?: number;
}

/**
 * Makes a run in state `open`, and the job in the queue of runs by which some worker becomes its
 * tracker. The record is written first: a tracker never finds a run without one.
 */
export async function createRun(
  connection: RedisConnection,
  runsQueue: Queue,
  newRun: NewRun,
  nowMs: number,
): Promise<number> {
  const number = await connection.incr(KEYS.runCounter);
  const fields = {
    ...newRun,
    baseline: newRun.baseline ? '1' : '0',
    refetch: newRun.refetch ? '1' : '0',
    state: 'open' satisfies RunState,
    acknowledged: 0,
    createdAtMs: nowMs,
    heartbeatAtMs: nowMs,
  };
  await connection
    .multi()
    .hset(KEYS.run(number), fields)
    .zadd(KEYS.runIndex, String(number), String(number))
    .sadd(KEYS.liveRuns, String(number))
    .exec();
  await addTrackerJob(
    runsQueue,
    number,
    `${runName(number)} · ${newRun.total} ${KINDS[newRun.kind].plural}`,
  );
  return number;
}

/**
 * Puts a run up for keeping. Where an earlier tracker has finished it (an abandoned run that is
 * resumed) or failed at it, its old job makes way first.
 */
export async function addTrackerJob(runsQueue: Queue, number: number, name: string): Promise<void> {
  const id = runName(number);
  const old = await runsQueue.getJob(id);
  if (old !== undefined && (await isFinishedSoon(old))) await old.remove();
  await runsQueue.add(name, { run: number }, { jobId: id });
}

/**
 * A tracker that has just ended the run completes its job within moments; one that has not looks at
 * the run once more before it does, and goes on with it.
 */
async function isFinishedSoon(job: Job): Promise<boolean> {
  const { signal } = new AbortController();
  const deadlineMs = performance.now() + TRACKER_COMPLETES_WITHIN_MS;
  // Asked for at once: a job that completed between two questions would be neither.
  let state = await job.getState();
  while (state === 'active' && performance.now() < deadlineMs) {
    await wait(TRACKER_LOOK_EVERY_MS, signal);
    state = await job.getState();
  }
  return state === 'completed' || state === 'failed';
}

/** The record of a run, if there is one. */
export async function readRun(
  connection: RedisConnection,
  number: number,
): Promise<Run | undefined> {
  return parseRun(number, await connection.hgetall(KEYS.run(number)));
}

/** The newest runs, newest first. */
export async function listRuns(
  connection: RedisConnection,
  { offset = 0, limit }: { offset?: number; limit: number },
): Promise<Run[]> {
  const numbers = await connection.zrevrange(KEYS.runIndex, offset, offset + limit - 1);
  const runs = await Promise.all(numbers.map((number) => readRun(connection, Number(number))));
  return runs.filter((run) => run !== undefined);
}

/** The runs that have not ended, oldest first. */
export async function liveRuns(connection: RedisConnection): Promise<Run[]> {
  const numbers = (await connection.smembers(KEYS.liveRuns)).map(Number);
  const runs = await Promise.all(
    numbers.toSorted((a, b) => a - b).map((number) => readRun(connection, number)),
  );
  return runs.filter((run) => run !== undefined);
}

/**
 * Takes the end of a run to record: its report, and the time by which `isLive` turns false. A
 * baseline is found by later runs from now on, unless it was given up.
 */
export async function endRun(
  connection: RedisConnection,
  run: Run,
  report: string,
  endedAtMs: number,
): Promise<void> {
  const state: RunState = run.state === 'sealed' ? 'ended' : run.state;
  const changes = connection
    .multi()
    .hset(KEYS.run(run.number), { state, report, endedAtMs })
    .srem(KEYS.liveRuns, String(run.number));
  if (run.baseline && state === 'ended') {
    changes.zadd(KEYS.baselines(run.kind), String(run.number), String(run.number));
  }
  await changes.exec();
}

const ACKNOWLEDGE = script(`
local run = redis.call('HMGET', KEYS[1], 'state', 'acknowledged')
if run[1] == 'open' then
  redis.call('HSET', KEYS[1], 'heartbeatAtMs', ARGV[2],
    'acknowledged', math.max(tonumber(ARGV[1]), tonumber(run[2])))
end
return run[1] or ''
`);

/**
 * Says that the producer is alive and how far it has come. A run that is not open any more stays as
 * it is, and a producer that was overtaken by another takes nothing back.
 *
 * @returns the state the run is in; undefined when there is no such run.
 */
export async function acknowledge(
  connection: RedisConnection,
  number: number,
  acknowledged: number,
  nowMs: number,
): Promise<RunState | undefined> {
  return stateOf(
    await runScript(connection, ACKNOWLEDGE, [KEYS.run(number)], [acknowledged, nowMs]),
  );
}

const MOVE = script(`
local state = redis.call('HGET', KEYS[1], 'state')
if not state then return '' end
for from in string.gmatch(ARGV[2], '%a+') do
  if state == from then
    redis.call('HSET', KEYS[1], 'state', ARGV[1], unpack(ARGV, 4))
    if ARGV[1] == 'open' then redis.call('SADD', KEYS[2], ARGV[3]) end
    return ARGV[1]
  end
end
return state
`);

export interface RunMove {
  readonly to: RunState;
  /** The states a run may be moved from. */
  readonly from: readonly RunState[];
  /** Written with the move. */
  readonly fields?: Readonly<Record<string, string | number>>;
}

/**
 * Moves a run to a state if it is in one of `from`.
 *
 * @returns the state the run is in afterwards; undefined when there is no such run.
 */
export async function moveRun(
  connection: RedisConnection,
  number: number,
  { to, from, fields = {} }: RunMove,
): Promise<RunState | undefined> {
  const pairs = Object.entries(fields).flatMap(([field, value]) => [field, String(value)]);
  const reply = await runScript(
    connection,
    MOVE,
    [KEYS.run(number), KEYS.liveRuns],
    [to, from.join(' '), number, ...pairs],
  );
  return stateOf(reply);
}

function stateOf(reply: unknown): RunState | undefined {
  return reply === '' ? undefined : z.literal(RUN_STATES).parse(reply);
}

/** Writes fields of a run's record: its report, its comparison. */
export async function writeRunFields(
  connection: RedisConnection,
  number: number,
  fields: Readonly<Record<string, string | number>>,
): Promise<void> {
  await connection.hset(KEYS.run(number), fields);
}

/** Forgets the oldest ended runs beyond {@link RUNS_KEPT}; baselines and live runs stay. */
export async function forgetOldRuns(connection: RedisConnection, runsQueue: Queue): Promise<void> {
  const surplus = (await connection.zcard(KEYS.runIndex)) - RUNS_KEPT;
  if (surplus <= 0) return;
  const oldest = await connection.zrange(KEYS.runIndex, '0', String(surplus - 1));
  for (const text of oldest) {
    const number = Number(text);
    const run = await readRun(connection, number);
    if (run !== undefined && (run.baseline || run.endedAtMs === 0)) continue;
    await connection.del(...keysOfRun(number));
    await connection.zrem(KEYS.runIndex, text);
    await runsQueue.remove(runName(number));
  }
}

function keysOfRun(number: number): [string, ...string[]] {
  return [
    KEYS.run(number),
    KEYS.tally(number),
    KEYS.histogram(number),
    KEYS.buckets(number),
    KEYS.endings(number),
    KEYS.failed(number),
    KEYS.series(number),
    KEYS.retries(number),
  ];
}
