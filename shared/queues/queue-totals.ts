/**
 * What a queue has done since its first job: counters that only grow, whatever is forgotten of its runs.
 * `fold.lua` raises them in the call that counts a job in the tally of its run.
 */

import { countFailed, type Outcome, OUTCOME_TABLE, OUTCOMES } from '../base/outcome.js';
import type { RedisConnection } from '../redis/connection.js';
import { KEYS } from '../redis/keys.js';

/** Times by bucket, as in the histogram of a run, and all of them together. */
export interface Times {
  readonly histogram: ReadonlyMap<number, number>;
  readonly sumMs: number;
}

export interface QueueTotals {
  /** Jobs that ended, those that were given up with their run included. */
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>;
  /** Attempts that were made again, by the reason for it. */
  readonly retries: Readonly<Record<string, number>>;
  readonly bytes: number;
  readonly stalls: number;
  /** How long jobs waited for their first start, by the clocks of producer and Redis. */
  readonly waits: Times;
  /** How long fetches took, and sleeps. */
  readonly fetches: Times;
  /** Failures that a later run has tried again: it counts how that went. */
  readonly triedAgain: number;
}

/** Reads the totals of a queue; all zero before its first job has ended. */
export async function readQueueTotals(
  connection: RedisConnection,
  queue: string,
): Promise<QueueTotals> {
  const fields = await connection.hgetall(KEYS.totals(queue));
  const count = (field: string): number => Number(fields[field] ?? 0);
  const outcomes: Partial<Record<Outcome, number>> = {};
  for (const outcome of OUTCOMES) {
    const dropped = OUTCOME_TABLE[outcome].sort === 'given-up' ? count('dropped') : 0;
    const ended = count(`outcome:${outcome}`) + dropped;
    if (ended > 0) outcomes[outcome] = ended;
  }
  return {
    outcomes,
    retries: Object.fromEntries(withPrefix(fields, 'retry:')),
    bytes: count('bytes'),
    stalls: count('stalls'),
    waits: timesIn(fields, 'wait'),
    fetches: timesIn(fields, 'fetch'),
    triedAgain: count('triedAgain'),
  };
}

function timesIn(fields: Readonly<Record<string, string>>, name: string): Times {
  const counts = withPrefix(fields, `${name}:`);
  return {
    histogram: new Map(counts.map(([bucket, count]) => [Number(bucket), count])),
    sumMs: Number(fields[`${name}Ms`] ?? 0),
  };
}

function withPrefix(fields: Readonly<Record<string, string>>, prefix: string): [string, number][] {
  return Object.entries(fields)
    .filter(([field]) => field.startsWith(prefix))
    .map(([field, count]) => [field.slice(prefix.length), Number(count)]);
}

/** Jobs that were answered: stored, kept, missing or slept. */
export function countAnswered(outcomes: QueueTotals['outcomes']): number {
  return OUTCOMES.filter((outcome) => OUTCOME_TABLE[outcome].sort === 'answer').reduce(
    (sum, outcome) => sum + (outcomes[outcome] ?? 0),
    0,
  );
}

/** Failures that nothing has been done about: a run that tried them again counts its own. */
export function openFailures({ outcomes, triedAgain }: QueueTotals): number {
  return Math.max(0, countFailed(outcomes) - triedAgain);
}
