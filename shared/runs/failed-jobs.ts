/**
 * The jobs of a run that failed for good, or were missing, listed by position; and what runs that tried the
 * failures again have made good of them.
 */

import { z } from 'zod';
import { parseJson } from '../base/json.js';
import { countFailed, isReason, type Outcome, type Reason, REASONS } from '../base/outcome.js';
import type { AnyInput } from '../kinds/kinds.js';
import { jobIdPrefix, parseData } from '../queues/job.js';
import { queueKeys } from '../queues/queue-keys.js';
import { countAnswered } from '../queues/queue-state.js';
import type { RedisConnection } from '../redis/connection.js';
import { KEYS } from '../redis/keys.js';
import { runScript, script } from '../redis/script.js';
import { readRun } from './run-store.js';
import type { Run } from './run.js';
import { readTally } from './tally.js';

const PAGE_JOBS = 1000;

export interface FailedJob {
  readonly position: number;
  readonly reason: Reason;
  /** Undefined where the job did not carry what its kind asks for. */
  readonly input: AnyInput | undefined;
  readonly detail: string;
}

/** As `fold.lua` writes it: position, reason, data as JSON, detail (which a missing job lacks). */
const FailedLine = z.tuple([z.number(), z.string(), z.string(), z.string()]);

/** Yields the failed jobs of a run by position, a page in memory at a time. A line that is none is left out. */
export function failedJobs(connection: RedisConnection, run: Run): AsyncGenerator<FailedJob> {
  return listedJobs(connection, run, KEYS.failed(run.number));
}

/** As {@link failedJobs}, for the jobs that the site had nothing for: the first 100,000 that ended. */
export function missingJobs(connection: RedisConnection, run: Run): AsyncGenerator<FailedJob> {
  return listedJobs(connection, run, KEYS.missing(run.number));
}

async function* listedJobs(
  connection: RedisConnection,
  run: Run,
  key: string,
): AsyncGenerator<FailedJob> {
  let after = '0';
  while (true) {
    const page = await connection.zrangebyscore(
      key,
      `(${after}`,
      '+inf',
      'WITHSCORES',
      'LIMIT',
      0,
      PAGE_JOBS,
    );
    for (let index = 0; index < page.length; index += 2) {
      const job = parseLine(run, page[index] ?? '');
      if (job !== undefined) yield job;
    }
    after = page.at(-1) ?? after;
    if (page.length < 2 * PAGE_JOBS) return;
  }
}

function parseLine(run: Run, line: string): FailedJob | undefined {
  const parsed = FailedLine.safeParse(parseJson(line));
  if (!parsed.success) return undefined;
  const [position, code, data, detail] = parsed.data;
  const reason = isReason(code) ? code : 'defect';
  return {
    position,
    reason,
    input: parseData(run.kind, parseJson(data))?.input,
    detail: detail === '' ? `${reason}: ${REASONS[reason].meaning}` : detail,
  };
}

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
