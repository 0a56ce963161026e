/**
 * What workers note of attempts while a run goes on. BullMQ overwrites a job's start at each attempt, and
 * the record of an ending holds its last one: a run's time is counted from the first.
 */

import {
  ENDING_FIELD,
  type EndingRecord,
  FIRST_ATTEMPT_FIELD,
  jobId,
  type JobPlace,
} from '../queues/job.js';
import { queueKeys } from '../queues/queue-keys.js';
import type { RedisConnection } from '../redis/connection.js';
import { KEYS } from '../redis/keys.js';
import { runScript, script } from '../redis/script.js';
import { BEGUN_FIELD } from './series.js';
import { fetchBucket } from './tally.js';

/** KEYS a run, its tally. ARGV the field; the moment. A run that is gone gets no tally. */
const NOTE_BEGIN = script(`
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSETNX', KEYS[2], ARGV[1], ARGV[2]) end
return 0
`);

/**
 * Notes that the first job of a run is started, which a worker that is killed could not tell later. The
 * first to say so is believed; each worker says it once.
 */
export async function noteBegin(
  connection: RedisConnection,
  run: number,
  startedAtMs: number,
): Promise<void> {
  const args = [BEGUN_FIELD, Math.round(startedAtMs)];
  await runScript(connection, NOTE_BEGIN, [KEYS.run(run), KEYS.tally(run)], args);
}

/** An attempt that did not end its job: it was put back, or is made again later. */
export interface UnfinishedAttempt {
  /** In Redis time. */
  readonly startedAtMs: number;
  readonly elapsedMs: number;
  /** Why it is made again; undefined where nothing went wrong with it. */
  readonly reason: string | undefined;
  /** The fetch alone; 0 where nothing was fetched. */
  readonly fetchMs: number;
}

/**
 * KEYS a job, its run's retries, the totals of its queue, its run, the run's tally and histogram. ARGV the
 * field; the first attempt; the reason, or nothing; the time of its fetch and the bucket of that. EXISTS
 * looks whether the keys are on this node before the first write.
 */
const NOTE_ATTEMPT = script(`
local job, retries, totals, run, tally, histogram = unpack(KEYS)
redis.call('EXISTS', unpack(KEYS))
if redis.call('EXISTS', job) == 1 then redis.call('HSETNX', job, ARGV[1], ARGV[2]) end
if ARGV[3] ~= '' then redis.call('HINCRBY', totals, 'retry:' .. ARGV[3], 1) end
-- Of a run that is gone nothing is written down: another may have its number after it.
if redis.call('EXISTS', run) == 0 then return 0 end
if ARGV[3] ~= '' then redis.call('HINCRBY', retries, ARGV[3], 1) end
local ms, bucket = tonumber(ARGV[4]), ARGV[5]
if ms == 0 then return 0 end
redis.call('HINCRBY', totals, 'fetch:' .. bucket, 1)
redis.call('HINCRBY', totals, 'fetchMs', math.floor(ms + 0.5))
redis.call('HINCRBY', histogram, bucket, 1)
redis.call('HINCRBY', tally, 'fetches', 1)
redis.call('HINCRBYFLOAT', tally, 'fetchSumMs', ms)
local longest = tonumber(redis.call('HGET', tally, 'fetchMaxMs') or 0) or 0
if ms > longest then redis.call('HSET', tally, 'fetchMaxMs', ms) end
return 0
`);

/**
 * Notes an attempt that did not end its job: the first of a job with its times, each with its reason and
 * its fetch, which took a slot as that of any other attempt did.
 */
export async function noteUnfinished(
  connection: RedisConnection,
  queue: string,
  place: JobPlace,
  { startedAtMs, elapsedMs, reason = '', fetchMs }: UnfinishedAttempt,
): Promise<void> {
  const first = JSON.stringify([Math.round(startedAtMs), Math.round(elapsedMs)]);
  const { run } = place;
  const keys = [
    queueKeys(queue).job(jobId(place)),
    KEYS.retries(run),
    KEYS.totals(queue),
    KEYS.run(run),
    KEYS.tally(run),
    KEYS.histogram(run),
  ];
  const ms = Math.round(fetchMs * 10) / 10;
  const args = [FIRST_ATTEMPT_FIELD, first, reason, ms, fetchBucket(ms)];
  await runScript(connection, NOTE_ATTEMPT, keys, args);
}

/**
 * KEYS a job. ARGV the field; the ending. A job that is gone gets no key: BullMQ would take the next that
 * has its id, as in a Redis that was emptied, for one that is in the queue already, and not add it.
 */
const NOTE_ENDING = script(`
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end
return 0
`);

/** Writes beside a job how it ends, before it fails: the tally finds both or neither. */
export async function noteEnding(
  connection: RedisConnection,
  queue: string,
  job: string,
  ending: EndingRecord,
): Promise<void> {
  const args = [ENDING_FIELD, JSON.stringify(ending)];
  await runScript(connection, NOTE_ENDING, [queueKeys(queue).job(job)], args);
}
