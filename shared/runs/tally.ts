/** The tally of a run: what has been counted of its ended jobs (`fold.ts` counts). */

import { type Outcome, OUTCOMES, type Reason, REASONS } from '../base/outcome.js';
import type { RedisConnection } from '../redis/connection.js';
import { KEYS } from '../redis/keys.js';

/** Ratio between two bounds of the histogram of fetch times: percentiles are exact to 1 %. */
export const HISTOGRAM_STEP = 1.02;

/** Field of a run's tally: when the first of its jobs was started, in Redis time. */
export const BEGUN_FIELD = 'begunAtMs';

export interface Tally {
  /** Jobs that have ended, each counted once. */
  readonly ended: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** Reasons that occurred, with their counts. */
  readonly reasons: Readonly<Partial<Record<Reason, number>>>;
  /** HTTP statuses that occurred, with their counts. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Workers by id, with the number of jobs that ended on each. */
  readonly workers: Readonly<Record<string, number>>;
  /** Retries by the reason that led to them. */
  readonly retries: Readonly<Record<string, number>>;
  readonly bytes: number;
  /** First start of any attempt at any job, in Redis time; undefined before it. */
  readonly firstStartMs: number | undefined;
  /** Last end of any job, in Redis time; undefined before the first end. */
  readonly lastEndMs: number | undefined;
  /** Jobs that were found stalled: their worker had died or was frozen. */
  readonly stalls: number;
  readonly fetch: FetchTimes;
}

/** Of every attempt, those that were made again included. */
export interface FetchTimes {
  readonly count: number;
  readonly sumMs: number;
  readonly longestMs: number;
  /** Counts by bucket of the logarithmic histogram. */
  readonly histogram: ReadonlyMap<number, number>;
}

/** Reads the tally of a run; all zero when nothing has ended. */
export async function readTally(connection: RedisConnection, run: number): Promise<Tally> {
  const [fields, histogram, retries] = await Promise.all([
    connection.hgetall(KEYS.tally(run)),
    connection.hgetall(KEYS.histogram(run)),
    connection.hgetall(KEYS.retries(run)),
  ]);
  return parseTally(fields, histogram, retries);
}

type Fields = Readonly<Record<string, string>>;

/** Builds a tally from the stored hashes. */
export function parseTally(fields: Fields, histogram: Fields, retries: Fields): Tally {
  const number = (field: string): number => Number(fields[field] ?? 0);
  const moment = (field: string): number | undefined =>
    fields[field] === undefined ? undefined : Number(fields[field]);
  return {
    ended: number('ended'),
    outcomes: countByOutcome((outcome) => number(`outcome:${outcome}`)),
    reasons: Object.fromEntries(
      Object.keys(REASONS)
        .map((reason) => [reason, number(`reason:${reason}`)] as const)
        .filter(([, count]) => count > 0),
    ),
    statuses: withPrefix(fields, 'status:'),
    workers: withPrefix(fields, 'worker:'),
    retries: withPrefix(retries, ''),
    bytes: number('bytes'),
    firstStartMs: firstStartIn(fields),
    lastEndMs: moment('lastEndMs'),
    stalls: number('stalls'),
    fetch: {
      count: number('fetches'),
      sumMs: number('fetchSumMs'),
      longestMs: number('fetchMaxMs'),
      histogram: new Map(
        Object.entries(histogram).map(([bucket, count]) => [Number(bucket), Number(count)]),
      ),
    },
  };
}

/** When the first attempt at any job of a run began, by the fields of its tally. */
export function firstStartIn(fields: Fields): number | undefined {
  const starts = [fields[BEGUN_FIELD], fields['firstStartMs']].filter((text) => text !== undefined);
  return starts.length === 0 ? undefined : Math.min(...starts.map(Number));
}

function countByOutcome(countOf: (outcome: Outcome) => number): Record<Outcome, number> {
  const entries = OUTCOMES.map((outcome) => [outcome, countOf(outcome)] as const);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.fromEntries forgets the keys
  return Object.fromEntries(entries) as Record<Outcome, number>;
}

function withPrefix(fields: Fields, prefix: string): Record<string, number> {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([field]) => field.startsWith(prefix))
      .map(([field, count]) => [field.slice(prefix.length), Number(count)]),
  );
}

/**
 * The fetch time that `share` (0 to 1) of the fetches did not exceed, in milliseconds: exact to the
 * histogram's step; 0 when nothing was fetched.
 */
export function percentileMs(fetch: FetchTimes, share: number): number {
  const wanted = Math.max(1, Math.ceil(share * fetch.count));
  let seen = 0;
  for (const bucket of [...fetch.histogram.keys()].toSorted((a, b) => a - b)) {
    seen += fetch.histogram.get(bucket) ?? 0;
    if (seen >= wanted) return Math.min(middleMs(bucket), fetch.longestMs);
  }
  return fetch.longestMs;
}

/** The bucket of the histogram that holds a time, as `fold.lua` has it. */
export function fetchBucket(ms: number): number {
  return Math.floor(Math.log(Math.max(ms, 0.1) * 10) / Math.log(HISTOGRAM_STEP));
}

/** The geometric middle of a bucket: bucket b holds times from step^b / 10 ms. */
function middleMs(bucket: number): number {
  return HISTOGRAM_STEP ** (bucket + 0.5) / 10;
}
