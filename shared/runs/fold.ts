/**
 * Folding finished jobs into the tallies of their runs. One script reads a page of finished jobs,
 * counts each exactly once by its position, and trims: because it is one script, a keeper that dies
 * leaves either everything or nothing of a page.
 *
 * A folded job that is still shown on the board keeps its place in BullMQ's sorted set, with its
 * score in seconds instead of milliseconds: below `FOLDED_BELOW` a score says "counted".
 */

import { z } from 'zod';
import { OUTCOMES, REASONS } from '../base/outcome.js';
import type { Lane } from '../queues/lane.js';
import type { RedisConnection } from '../redis/connection.js';
import { KEYS } from '../redis/keys.js';
import { runScript } from '../redis/script.js';
import { FOLD } from './fold-script.js';

/** Jobs folded by one call: 2 to 5 ms of Redis's time (measured), in which it serves nobody else. */
const PAGE_JOBS = 200;

/** Finished jobs of each sort that stay visible on the board, a lane. */
const SHOWN_JOBS = 1000;

/** Time buckets of a run's series: their width doubles when a run outgrows them. */
const SERIES_POINTS_MAX = 512;

/** Ratio between two bounds of the histogram of fetch times: percentiles are exact to 1 %. */
export const HISTOGRAM_STEP = 1.02;

/** Longest detail kept of a failure. */
const DETAIL_LENGTH_MAX = 200;

const OUTCOME_INDEX = Object.fromEntries(OUTCOMES.map((outcome, index) => [outcome, index + 1]));
const REASON_OUTCOMES = Object.fromEntries(
  Object.entries(REASONS).map(([reason, { outcome }]) => [reason, outcome]),
);

/**
 * Folds one page of a lane's completed and one of its failed jobs, of whatever runs they are.
 *
 * @returns whether there may be more.
 */
export async function foldFinished(connection: RedisConnection, lane: Lane): Promise<boolean> {
  const pages = await Promise.all([
    foldPage(connection, lane, 'completed'),
    foldPage(connection, lane, 'failed'),
  ]);
  return pages.some((folded) => folded >= PAGE_JOBS);
}

async function foldPage(
  connection: RedisConnection,
  lane: Lane,
  set: 'completed' | 'failed',
): Promise<number> {
  const base = KEYS.queueBase(lane.name);
  const reply = await runScript(
    connection,
    FOLD,
    [`${base}${set}`],
    [
      set,
      base,
      KEYS.runBase,
      PAGE_JOBS,
      SHOWN_JOBS,
      SERIES_POINTS_MAX,
      HISTOGRAM_STEP,
      JSON.stringify(OUTCOME_INDEX),
      JSON.stringify(REASON_OUTCOMES),
      DETAIL_LENGTH_MAX,
    ],
  );
  return z.number().parse(reply);
}
