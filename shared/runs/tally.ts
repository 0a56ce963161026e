/** The tally of a run: how its ended jobs are counted, by the script `fold.lua`, and what has been counted. */

import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type Outcome, OUTCOME_TABLE, OUTCOMES, type Reason, REASONS } from '../base/outcome.js';
import { ENDING_FIELD, FIRST_ATTEMPT_FIELD, RUN_JOBS_MAX } from '../queues/job.js';
import { queueKeys } from '../queues/queue-keys.js';
import type { JobQueue } from '../queues/queue.js';
import type { RedisConnection } from '../redis/connection.js';
import { KEYS } from '../redis/keys.js';
import { runScript, script, type Script } from '../redis/script.js';
import { firstStartIn } from './series.js';

/** Ratio between two bounds of the histogram of fetch times: percentiles are exact to 1 %. */
export const HISTOGRAM_STEP = 1.02;

/** Jobs folded by one call: 2 to 5 ms (measured) in which Redis does nothing else. */
const PAGE_JOBS = 200;

/** Ended jobs of a queue that stay visible on the board, completed and failed ones each. */
const SHOWN_JOBS = 1000;

/** Time buckets of a run's series: their width doubles when a run outgrows them. */
const SERIES_POINTS_MAX = 512;

/** A longer text of a failure, or id of a worker, is cut. */
const TEXT_LENGTH_MAX = 200;

/** Longer data of a failed job is not listed with it. */
const DATA_LENGTH_MAX = 4096;

/** Missing jobs of a run that are listed: 100 bytes each in Redis, and a range of numbers may hold millions. */
const MISSING_LISTED_MAX = 100_000;

/**
 * Folds one page of a queue's completed and one of its failed jobs into the tallies of their runs,
 * whichever those are. Each job is counted exactly once, by its position. A call that is cut off at any
 * command has done nothing, or is finished by the next one; a job whose record makes no sense stops no
 * other. What has been folded is removed from the queue, but for the newest.
 *
 * @returns whether there may be more.
 */
export async function foldFinished(connection: RedisConnection, queue: JobQueue): Promise<boolean> {
  const pages = await Promise.all([
    foldPage(connection, queue, 'completed'),
    foldPage(connection, queue, 'failed'),
  ]);
  return pages.some((folded) => folded >= PAGE_JOBS);
}

/** Folds the finished jobs of queues; trackers of runs of one queue share its folds. */
export class QueueTally {
  readonly #connection: RedisConnection;
  readonly #folds = new Map<string, Promise<void>>();

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  /** Resolves when all jobs that had finished in the queue when this was called have been counted. */
  async fold(queue: JobQueue): Promise<void> {
    // One under way may have passed them by; its failure is its own caller's.
    await this.#folds.get(queue.name)?.catch(() => {});
    const fold = this.#folds.get(queue.name) ?? this.#foldAll(queue);
    this.#folds.set(queue.name, fold);
    await fold;
  }

  async #foldAll(queue: JobQueue): Promise<void> {
    try {
      while (await foldFinished(this.#connection, queue));
    } finally {
      this.#folds.delete(queue.name);
    }
  }
}

let loadedFold: { readonly fold: Script; readonly argumentsText: string } | undefined;

async function foldPage(
  connection: RedisConnection,
  queue: JobQueue,
  set: 'completed' | 'failed',
): Promise<number> {
  loadedFold ??= {
    fold: script(readFileSync(new URL('fold.lua', import.meta.url), 'utf8')),
    argumentsText: JSON.stringify(foldArguments()),
  };
  const { fold, argumentsText } = loadedFold;
  const keys = queueKeys(queue.name);
  const reply = await runScript(
    connection,
    fold,
    [keys[set], KEYS.foldJournal, KEYS.totals(queue.name)],
    [set, keys.base, KEYS.runBase, argumentsText],
  );
  return z.number().parse(reply);
}

/** The arguments of `fold.lua`, which names no outcome and no limit itself. */
export interface FoldArguments {
  /** Jobs folded by one call. */
  readonly page: number;
  /** Ended jobs that stay visible. */
  readonly shown: number;
  /** Most time buckets of a series. */
  readonly points: number;
  /** Ratio between two bounds of the histogram. */
  readonly step: number;
  readonly textMax: number;
  readonly dataMax: number;
  /** Most jobs of a run. */
  readonly jobsMax: number;
  /** State of a run that has ended and may go on (`RUN_STATES`). */
  readonly resumableState: string;
  /** Field of a failed job that holds the record of its ending. */
  readonly endingField: string;
  /** Field of a job that holds the times of its first attempt, where that did not end it. */
  readonly firstField: string;
  /** In the order of the numbers under which they are stored, from 1. */
  readonly outcomes: readonly FoldOutcome[];
  /** Reason → number of its outcome. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Reason of a job that BullMQ failed as stalled. */
  readonly stalledReason: string;
  /** Reason of a job that ended without telling one. */
  readonly unknownReason: string;
}

/** What `fold.lua` needs to know of an outcome. */
export interface FoldOutcome {
  readonly name: string;
  readonly answer: boolean;
  readonly worked: boolean;
  /** The list that its jobs are put on, if any. */
  readonly list?: 'failed' | 'missing';
  /** How many of a run's jobs it takes; any number by default. */
  readonly listMax?: number;
  /** The reason under which jobs end that are not listed, although they have failed. */
  readonly unlisted?: string;
}

/** Builds the arguments of `fold.lua` from the table of outcomes and the limits above. */
export function foldArguments(): FoldArguments {
  return {
    page: PAGE_JOBS,
    shown: SHOWN_JOBS,
    points: SERIES_POINTS_MAX,
    step: HISTOGRAM_STEP,
    textMax: TEXT_LENGTH_MAX,
    dataMax: DATA_LENGTH_MAX,
    jobsMax: RUN_JOBS_MAX,
    resumableState: 'abandoned',
    endingField: ENDING_FIELD,
    firstField: FIRST_ATTEMPT_FIELD,
    outcomes: OUTCOMES.map(foldOutcome),
    reasons: Object.fromEntries(
      Object.entries(REASONS).map(([reason, { outcome }]) => [
        reason,
        OUTCOMES.indexOf(outcome) + 1,
      ]),
    ),
    stalledReason: 'killed-workers' satisfies Reason,
    unknownReason: 'defect' satisfies Reason,
  };
}

function foldOutcome(name: Outcome): FoldOutcome {
  const { sort, work } = OUTCOME_TABLE[name];
  const entry = { name, answer: sort === 'answer', worked: work };
  if (sort === 'failure') return { ...entry, list: 'failed' };
  if (name === 'missing') return { ...entry, list: name, listMax: MISSING_LISTED_MAX };
  if (sort === 'answer') return entry;
  const [unlisted = ''] = Object.entries(REASONS).find(([, { outcome }]) => outcome === name) ?? [];
  return { ...entry, unlisted };
}

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

/** The geometric middle of a bucket of the histogram, in milliseconds: bucket b holds times from step^b / 10 ms. */
export function middleMs(bucket: number): number {
  return HISTOGRAM_STEP ** (bucket + 0.5) / 10;
}
