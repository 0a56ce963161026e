/**
 * What workers note of attempts while a run goes on. BullMQ overwrites a job's start at each attempt, and
 * the record of an ending holds its last one: a run's time is counted from the first.
 */

import { FIRST_ATTEMPT_FIELD, jobId, type JobPlace } from '../queues/job.js';
import { queueKeys } from '../queues/queue-keys.js';
import type { RedisConnection } from '../redis/connection.js';
import { KEYS } from '../redis/keys.js';
import { runScript, script } from '../redis/script.js';
import { BEGUN_FIELD } from './tally.js';

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
}

/**
 * KEYS a job, its run's retries, the totals of its queue. ARGV the field; the first attempt; the reason,
 * or nothing. EXISTS looks whether the keys are on this node before the first write.
 */
const NOTE_ATTEMPT = script(`
redis.call('EXISTS', KEYS[2], KEYS[3])
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) end
if ARGV[3] ~= '' then
  redis.call('HINCRBY', KEYS[2], ARGV[3], 1)
  redis.call('HINCRBY', KEYS[3], 'retry:' .. ARGV[3], 1)
end
return 0
`);

/** Notes an attempt that did not end its job: the first of a job with its times, each with its reason. */
export async function noteUnfinished(
  connection: RedisConnection,
  queue: string,
  place: JobPlace,
  { startedAtMs, elapsedMs, reason = '' }: UnfinishedAttempt,
): Promise<void> {
  const first = JSON.stringify([Math.round(startedAtMs), Math.round(elapsedMs)]);
  const keys = [queueKeys(queue).job(jobId(place)), KEYS.retries(place.run), KEYS.totals(queue)];
  await runScript(connection, NOTE_ATTEMPT, keys, [FIRST_ATTEMPT_FIELD, first, reason]);
}
