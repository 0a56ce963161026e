/** Runs in Redis: created, read, moved from state to state, ended and forgotten. */

import type { Queue } from 'bullmq';
import { z } from 'zod';
import { CommandError, EXIT } from '../base/errors.js';
import { proposed } from '../base/proposed-command.js';
import type { KindName } from '../kinds/kinds.js';
import { runName } from '../queues/job.js';
import type { RedisConnection } from '../redis/connection.js';
import { KEYS } from '../redis/keys.js';
import { runScript, script } from '../redis/script.js';
import {
  isLive,
  parseRun,
  PRODUCER_SILENT_MS,
  type Run,
  RUN_STATES,
  type RunState,
} from './run.js';
import { addTrackerJob } from './tracker-job.js';

export interface NewRun {
  readonly kind: KindName;
  readonly baseline: boolean;
  readonly selection: string;
  readonly digest: string;
  readonly site: string;
  readonly refetch: boolean;
  readonly front?: boolean;
  readonly times: number;
  readonly attempts: number;
  readonly asked: number;
  readonly duplicates: number;
  readonly total: number;
  readonly group?: number;
  readonly pass?: number;
  readonly retryOf?: number;
  readonly title?: string;
  /** Names the process that adds its jobs. */
  readonly producer?: string;
}

/** Redis time in a script: clocks of machines stand still in sleep, and disagree. */
const NOW = `
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
`;

/**
 * KEYS the counter, the index, the live runs. ARGV prefix of the runs' keys; fields. The index and the
 * records have a say in the number: a counter that is lost must not give one out twice.
 */
const CREATE = script(`${NOW}
local newest = redis.call('ZREVRANGE', KEYS[2], 0, 0)[1]
local number = math.max(tonumber(redis.call('GET', KEYS[1]) or 0) or 0, tonumber(newest or 0) or 0) + 1
while redis.call('EXISTS', ARGV[1] .. number) == 1 do number = number + 1 end
redis.call('SET', KEYS[1], number)
redis.call('SADD', KEYS[3], number)
redis.call('HSET', ARGV[1] .. number, 'createdAtMs', now, 'heartbeatAtMs', now, unpack(ARGV, 2))
redis.call('ZADD', KEYS[2], number, number)
return number
`);

/**
 * Creates a run in state `open` and its job in the queue of runs, by which a worker becomes its
 * tracker. The record is written first: a tracker never finds a run without one. Where a producer dies
 * between the two, a worker adds the job (`restoreTrackers`).
 *
 * @returns the number of the run.
 */
export async function createRun(
  connection: RedisConnection,
  runsQueue: Queue,
  newRun: NewRun,
): Promise<number> {
  const fields: Record<string, string | number> = {
    ...newRun,
    baseline: newRun.baseline ? '1' : '0',
    refetch: newRun.refetch ? '1' : '0',
    front: newRun.front === true ? '1' : '0',
    state: 'open' satisfies RunState,
    acknowledged: 0,
  };
  const reply = await runScript(
    connection,
    CREATE,
    [KEYS.runCounter, KEYS.runIndex, KEYS.liveRuns],
    [KEYS.runBase, ...Object.entries(fields).flat()],
  );
  const number = z.number().parse(reply);
  await addTrackerJob(runsQueue, { ...newRun, number });
  return number;
}

/** The record of a run; undefined where there is none, or none that can be read. */
export async function readRun(
  connection: RedisConnection,
  number: number,
): Promise<Run | undefined> {
  try {
    return parseRun(number, await connection.hgetall(KEYS.run(number)));
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('WRONGTYPE')) return undefined;
    throw error;
  }
}

/**
 * The record of a run that must exist.
 *
 * @throws CommandError (no input) when there is no such run.
 */
export async function requireRun(connection: RedisConnection, number: number): Promise<Run> {
  const run = await readRun(connection, number);
  if (run === undefined) throw noSuchRun(number);
  return run;
}

/** The error of a command that names a run there is not. */
export function noSuchRun(number: number): CommandError {
  return new CommandError(
    EXIT.noInput,
    `Cannot find ${runName(number)}: there is no such run. List the runs: ${proposed('runs')}`,
  );
}

/** The newest runs, newest first. */
export async function listRuns(
  connection: RedisConnection,
  { offset = 0, limit }: { offset?: number; limit: number },
): Promise<Run[]> {
  const numbers = await connection.zrevrange(KEYS.runIndex, offset, offset + limit - 1);
  return readRuns(connection, numbers);
}

/** The newest run of a title, such as `nightly`; undefined where there is none. */
export async function findRunTitled(
  connection: RedisConnection,
  title: string,
): Promise<Run | undefined> {
  const numbers = await connection.zrevrange(KEYS.runIndex, 0, -1);
  const titleOf = (number: string) => connection.hget(KEYS.run(Number(number)), 'title');
  const found = numbers[(await Promise.all(numbers.map(titleOf))).indexOf(title)];
  return found === undefined ? undefined : readRun(connection, Number(found));
}

/** The runs that have not ended, oldest first. */
export async function liveRuns(connection: RedisConnection): Promise<Run[]> {
  const runs = await readRuns(connection, await connection.smembers(KEYS.liveRuns));
  return runs.filter(isLive).toSorted((a, b) => a.number - b.number);
}

async function readRuns(connection: RedisConnection, numbers: readonly string[]): Promise<Run[]> {
  const runs = await Promise.all(numbers.map((number) => readRun(connection, Number(number))));
  return runs.filter((run) => run !== undefined);
}

/**
 * KEYS a run, its endings, jobs that must be there. ARGV jobs acknowledged; milliseconds that the producer
 * counts as silent already; what the record must say already; the producer, or nothing; the positions of
 * those jobs. One that has been counted is not there any more.
 */
const ACKNOWLEDGE = script(`${NOW}
local run = redis.call('HMGET', KEYS[1], 'state', 'acknowledged', 'producer')
local recorded = tonumber(run[2]) or 0
if ARGV[4] ~= '' and run[3] and run[3] ~= ARGV[4] then return { run[1] or '', recorded, 1 } end
if run[1] ~= 'open' then return { run[1] or '', recorded, 0 } end
local acknowledged = math.max(tonumber(ARGV[1]), recorded)
if recorded < tonumber(ARGV[3]) then acknowledged = recorded end
for index = 3, #KEYS do
  local place = '#' .. ARGV[index + 2] - 1
  if redis.call('EXISTS', KEYS[index]) == 0 and redis.call('BITFIELD', KEYS[2], 'GET', 'u4', place)[1] == 0 then
    acknowledged = recorded
  end
end
redis.call('HSET', KEYS[1], 'heartbeatAtMs', string.format('%.0f', now - ARGV[2]), 'acknowledged', acknowledged)
return { run[1], acknowledged, 0 }
`);

/** A heartbeat of a run's producer. */
export interface ProducerHeartbeat {
  /** Jobs of the run that Redis has acknowledged: all up to this position. */
  readonly acknowledged: number;
  /** What an earlier heartbeat has recorded. */
  readonly recorded?: number;
  /** Jobs that must be in Redis, or counted, where all up to `acknowledged` are. */
  readonly witnesses?: readonly { readonly key: string; readonly position: number }[];
  /** For how long the producer is to count as silent already. */
  readonly silentMs?: number;
  /** Who sends it: the record stays as it is where another has resumed the run since. */
  readonly producer?: string;
}

export interface RecordedRun {
  readonly state: RunState;
  /** Less than the heartbeat said where Redis has lost some of the jobs, as after a failover. */
  readonly acknowledged: number;
  /** Whether another producer than the one that asked adds its jobs. */
  readonly isTakenOver: boolean;
}

/**
 * Sends the heartbeat of a run's producer. A run that is not open stays as it is, a smaller number than
 * the one known changes nothing, and neither does one that what is in Redis disproves.
 *
 * @returns what the record says now; undefined when there is no such run.
 */
export async function acknowledge(
  connection: RedisConnection,
  number: number,
  { acknowledged, recorded = 0, witnesses = [], silentMs = 0, producer = '' }: ProducerHeartbeat,
): Promise<RecordedRun | undefined> {
  const reply = await runScript(
    connection,
    ACKNOWLEDGE,
    [KEYS.run(number), KEYS.endings(number), ...witnesses.map(({ key }) => key)],
    [acknowledged, silentMs, recorded, producer, ...witnesses.map(({ position }) => position)],
  );
  const [text, known, takenOver] = z.tuple([z.string(), z.number(), z.number()]).parse(reply);
  const state = stateOf(text);
  return state && { state, acknowledged: known, isTakenOver: takenOver === 1 };
}

/**
 * KEYS a run. ARGV the longest silence; the state it leads to. A heartbeat from the future, left by a
 * clock that was set back, counts from now on.
 */
const ABANDON = script(`${NOW}
local run = redis.call('HMGET', KEYS[1], 'state', 'heartbeatAtMs')
if run[1] ~= 'open' then return run[1] or '' end
local silentMs = now - (tonumber(run[2]) or 0)
if silentMs < 0 then redis.call('HSET', KEYS[1], 'heartbeatAtMs', now) end
if silentMs <= tonumber(ARGV[1]) then return run[1] end
redis.call('HSET', KEYS[1], 'state', ARGV[2])
return ARGV[2]
`);

/**
 * Moves an open run to `abandoned` if its producer has been silent for too long.
 *
 * @returns the state the run is in afterwards; undefined when there is no such run.
 */
export async function abandonIfSilent(
  connection: RedisConnection,
  number: number,
): Promise<RunState | undefined> {
  const args = [PRODUCER_SILENT_MS, 'abandoned' satisfies RunState];
  return stateOf(await runScript(connection, ABANDON, [KEYS.run(number)], args));
}

/**
 * KEYS a run, its series, the live runs, the ended runs. ARGV the state; states it may be moved from;
 * the number; how many jobs the record must have as acknowledged; the producer that it must have, or
 * nothing; fields. What is written last makes the move: a call that is cut off may be repeated.
 */
const MOVE = script(`${NOW}
local run = redis.call('HMGET', KEYS[1], 'state', 'acknowledged', 'producer')
local state = run[1]
if not state then return '' end
if (tonumber(run[2]) or 0) < tonumber(ARGV[4]) then return state end
if ARGV[5] ~= '' and run[3] and run[3] ~= ARGV[5] then return state end
for from in string.gmatch(ARGV[2], '%a+') do
  if state == from then
    redis.call('SADD', KEYS[3], ARGV[3])
    redis.call('ZREM', KEYS[4], ARGV[3])
    redis.call('DEL', KEYS[2])
    redis.call('HDEL', KEYS[1], 'endedAtMs', 'report')
    redis.call('HSET', KEYS[1], 'heartbeatAtMs', now, 'state', ARGV[1], unpack(ARGV, 6))
    return ARGV[1]
  end
end
return state
`);

export interface RunMove {
  readonly to: RunState;
  /** The states a run may be moved from. */
  readonly from: readonly RunState[];
  /** How many jobs the record must have as acknowledged; a run that has lost some stays as it is. */
  readonly acknowledged?: number;
  /** The producer that adds its jobs; a run that another has resumed stays as it is. */
  readonly producer?: string;
  /** Written with the move. */
  readonly fields?: Readonly<Record<string, string | number>>;
}

/**
 * Moves a run to a state if it is in one of `from`. It is live then: an end that its tracker had given it
 * as abandoned is taken back.
 *
 * @returns the state the run is in afterwards; undefined when there is no such run.
 */
export async function moveRun(
  connection: RedisConnection,
  number: number,
  { to, from, acknowledged = 0, producer = '', fields = {} }: RunMove,
): Promise<RunState | undefined> {
  const reply = await runScript(
    connection,
    MOVE,
    [KEYS.run(number), KEYS.series(number), KEYS.liveRuns, KEYS.endedRuns],
    [to, from.join(' '), number, acknowledged, producer, ...Object.entries(fields).flat()],
  );
  return stateOf(reply);
}

function stateOf(reply: unknown): RunState | undefined {
  return reply === '' ? undefined : z.literal(RUN_STATES).parse(reply);
}

/**
 * KEYS a run, the live runs, the ended runs, the kind's baselines, the totals of its queue. ARGV the state
 * it must be in; the state it ends in; the number; the report; jobs that were dropped; what follows are
 * its fields among the baselines.
 */
const END = script(`${NOW}
local run = redis.call('HMGET', KEYS[1], 'state', 'endedAtMs', 'baseline')
if run[1] ~= ARGV[1] or run[2] then return 0 end
for index = 2, #KEYS do redis.call('EXISTS', KEYS[index]) end
if run[3] ~= '1' then redis.call('ZADD', KEYS[3], ARGV[3], ARGV[3]) end
for index = 6, #ARGV do redis.call('HSET', KEYS[4], ARGV[index], ARGV[3]) end
redis.call('HSET', KEYS[1], 'state', ARGV[2], 'report', ARGV[4], 'endedAtMs', now)
redis.call('SREM', KEYS[2], ARGV[3])
if tonumber(ARGV[5]) > 0 then redis.call('HINCRBY', KEYS[5], 'dropped', ARGV[5]) end
return 1
`);

export interface RunEnd {
  /** The report, as JSON. */
  readonly report: string;
  /** Which later runs are compared with it: none, those of its selection, or all of its site. */
  readonly measureOf: 'none' | 'selection' | 'site';
  /** Jobs that were taken out of the queue when it was cancelled, and are in no tally. */
  readonly dropped?: number;
}

/**
 * Ends a run, from when on `isLive` is false: `sealed` becomes `ended`, other states stay.
 *
 * @returns whether it was in the state that `run` says; if not, nothing has changed.
 */
export async function endRun(
  connection: RedisConnection,
  run: Run,
  { report, measureOf, dropped = 0 }: RunEnd,
): Promise<boolean> {
  const state: RunState = run.state === 'sealed' ? 'ended' : run.state;
  const [ofSelection, ofSite] = baselineFields(run);
  const fields = { none: [], selection: [ofSelection], site: [ofSelection, ofSite] }[measureOf];
  const isBaseline = run.baseline && state === 'ended';
  const reply = await runScript(
    connection,
    END,
    [
      KEYS.run(run.number),
      KEYS.liveRuns,
      KEYS.endedRuns,
      KEYS.baselines(run.kind),
      KEYS.totals(run.queue.name),
    ],
    [run.state, state, run.number, report, dropped, ...(isBaseline ? fields : [])],
  );
  return reply === 1;
}

/**
 * The run that others of its kind are compared with: the newest usable baseline of the same site and
 * selection, else of the same site; undefined where there is none.
 */
export async function findBaselineRun(
  connection: RedisConnection,
  run: Run,
): Promise<Run | undefined> {
  const numbers = await connection.hmget(KEYS.baselines(run.kind), ...baselineFields(run));
  for (const number of numbers) {
    const baseline = number === null ? undefined : await readRun(connection, Number(number));
    if (baseline !== undefined) return baseline;
  }
  return undefined;
}

/** The fields by which a baseline is found: its site with its selection, and its site. */
function baselineFields({ site, digest }: Run): [string, string] {
  return [`${site} ${digest}`, site];
}

/** Writes fields of a run's record: its group, the figures of its passes. */
export async function writeRunFields(
  connection: RedisConnection,
  number: number,
  fields: Readonly<Record<string, string | number>>,
): Promise<void> {
  await connection.hset(KEYS.run(number), fields);
}
