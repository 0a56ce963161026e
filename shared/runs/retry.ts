/** Retries: what a run that tried the failures of another again has made good of them. */

import { countFailed, type Outcome } from '../base/outcome.js';
import { jobIdPrefix } from '../queues/job.js';
import { queueKeys } from '../queues/queue-keys.js';
import { countAnswered } from '../queues/queue-totals.js';
import type { RedisConnection } from '../redis/connection.js';
import { KEYS } from '../redis/keys.js';
import { runScript, script } from '../redis/script.js';
import type { Run } from './run.js';
import { readRun } from './run-store.js';
import { readTally } from './tally.js';

/**
 * KEYS a run, the totals of its queue. ARGV the run that tried again; failures that it answered; failures
 * that it tried. Said twice, it counts once.
 */
const SETTLE = script(`
redis.call('EXISTS', KEYS[2])
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local run = redis.call('HMGET', KEYS[1], 'recovered', 'triedAgain', 'retriedBy')
local function more(stored, said) return math.max(tonumber(stored or 0) or 0, tonumber(said)) end
local before = tonumber(run[2] or 0) or 0
local tried = more(run[2], ARGV[3])
if tried > before then redis.call('HINCRBY', KEYS[2], 'triedAgain', tried - before) end
redis.call('HSET', KEYS[1], 'recovered', more(run[1], ARGV[2]), 'triedAgain', tried,
  'retriedBy', more(run[3], ARGV[1]))
return 0
`);

type Outcomes = Readonly<Partial<Record<Outcome, number>>>;

/**
 * Notes at the run whose failures this one has tried again, and at the run that one had tried again, and
 * so on, how many are answered now, and takes failures that were all tried again off the queue's list:
 * what failed once more is on it as a job of this run. For a run that has ended; may be repeated.
 */
export async function settleRetry(
  connection: RedisConnection,
  retry: Run,
  outcomes: Outcomes,
): Promise<void> {
  let [child, answered] = [retry, countAnswered(outcomes) + retry.recovered];
  let tried = countAnswered(outcomes) + countFailed(outcomes);
  while (child.retryOf > 0 && child.retryOf < child.number) {
    const parent = await readRun(connection, child.retryOf);
    if (parent === undefined) return;
    const tally = await readTally(connection, parent.number);
    const failed = countFailed(tally.outcomes);
    const recovered = Math.min(failed, answered);
    await runScript(
      connection,
      SETTLE,
      [KEYS.run(parent.number), KEYS.totals(parent.queue.name)],
      [child.number, recovered, Math.min(failed, tried)],
    );
    if (tried >= failed) await unlistFailures(connection, parent);
    answered = countAnswered(tally.outcomes) + Math.max(recovered, parent.recovered);
    [child, tried] = [parent, 0];
  }
}

/** Removes those of a run's failed jobs that BullMQ still holds. The run has its own list of what failed. */
async function unlistFailures(connection: RedisConnection, { number, queue }: Run): Promise<void> {
  const keys = queueKeys(queue.name);
  // Those that have been counted have a negative score (`fold.lua`), and are few.
  const listed = await connection.zrangebyscore(keys.failed, '-inf', '(0');
  const ids = listed.filter((id) => id.startsWith(jobIdPrefix(number)));
  if (ids.length === 0) return;
  await connection.del(ids.flatMap((id) => [keys.job(id), `${keys.job(id)}:logs`]));
  await connection.zrem(keys.failed, ids);
}
