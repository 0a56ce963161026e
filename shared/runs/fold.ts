/** Folds ended jobs into the tallies of their runs, by the script `fold.lua`. */

import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type Outcome, OUTCOME_TABLE, OUTCOMES, type Reason, REASONS } from '../base/outcome.js';
import { ENDING_FIELD, FIRST_ATTEMPT_FIELD } from '../queues/job.js';
import type { JobQueue } from '../queues/queue.js';
import { queueKeys } from '../queues/queue-keys.js';
import type { RedisConnection } from '../redis/connection.js';
import { KEYS } from '../redis/keys.js';
import { runScript, script, type Script } from '../redis/script.js';
import { RUN_JOBS_MAX, type RunState } from './run.js';
import { HISTOGRAM_STEP } from './tally.js';

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

/** Missing jobs of a run that are listed: 100 bytes each in Redis, and a range of numbers may hold millions. */
const MISSING_LISTED_MAX = 100_000;

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
  /** State of a run that has ended and may go on. */
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
  /** The only reason of an outcome whose jobs are not listed, although they have failed. */
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
    resumableState: 'abandoned' satisfies RunState,
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
