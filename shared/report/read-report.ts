/** The report of any run, live or ended, with the baseline it is to be compared with. */

import { z } from 'zod';
import { parseJson } from '../base/json.js';
import { redisTime } from '../redis/clock.js';
import type { RedisConnection } from '../redis/connection.js';
import { KEYS } from '../redis/keys.js';
import type { Run } from '../runs/run.js';
import { findBaselineRun, listRuns } from '../runs/run-store.js';
import { readSeries } from '../runs/series.js';
import { readTally } from '../runs/tally.js';
import { compareToBaseline, Comparison, Medians } from './comparison.js';
import { isWarmUp } from './passes.js';
import { buildReport, Report, retriesOf } from './report.js';

/**
 * The report of a run: the stored one once it has ended, else one built from what has been counted
 * so far. A run that ended before there was a baseline is compared with the one there is now.
 */
export async function readReport(connection: RedisConnection, run: Run): Promise<Report> {
  const stored = storedReport(run);
  if (stored === undefined) return currentReport(connection, run, await redisTime(connection));
  if (stored.comparison !== null) return stored;
  return { ...stored, comparison: comparisonOf(stored, await findBaseline(connection, run)) };
}

/** Runs read at once while looking for those that are wanted. */
const PAGE_RUNS = 200;

/** The reports of the newest runs that are wanted, newest first, and how long ago each run was made. */
export async function readNewestReports(
  connection: RedisConnection,
  limit: number,
  nowMs: number,
  isWanted: (run: Run) => boolean = () => true,
): Promise<{ readonly report: Report; readonly ageMs: number }[]> {
  const runs = await newestRuns(connection, limit, isWanted);
  return Promise.all(
    runs.map(async (run) => ({
      report: await readReport(connection, run),
      ageMs: nowMs - run.createdAtMs,
    })),
  );
}

async function newestRuns(
  connection: RedisConnection,
  limit: number,
  isWanted: (run: Run) => boolean,
): Promise<Run[]> {
  const found: Run[] = [];
  const size = Math.min(limit, PAGE_RUNS);
  const count = await connection.zcard(KEYS.runIndex);
  for (let offset = 0; found.length < limit && offset < count; offset += size) {
    const page = await listRuns(connection, { offset, limit: size });
    found.push(...page.filter(isWanted));
  }
  return found.slice(0, limit);
}

/** Builds the report of a run from its tally as it is now; `nowMs` is Redis time, of one that goes on. */
export async function currentReport(
  connection: RedisConnection,
  run: Run,
  nowMs?: number,
): Promise<Report> {
  const [tally, series, baseline] = await Promise.all([
    readTally(connection, run.number),
    readSeries(connection, run.number),
    findBaseline(connection, run),
  ]);
  const report = buildReport(run, tally, series, nowMs);
  return { ...report, comparison: comparisonOf(report, baseline) };
}

/** The figures over all passes of a comparison, as they are kept in the record of each of its runs. */
export const Passes = z.object({ medians: Medians, comparison: Comparison.nullable() });
export type Passes = z.infer<typeof Passes>;

/**
 * The report that was stored when the run ended, with the figures over all passes where it is one of
 * several; undefined without one that can be read.
 */
export function storedReport(run: Run): Report | undefined {
  const parsed = Report.safeParse(parseJson(run.report));
  if (!parsed.success) return undefined;
  const { group, pass } = run;
  const report = { ...parsed.data, ...retriesOf(run), group, pass };
  if (isWarmUp(run)) return { ...report, comparison: null };
  const passes = Passes.safeParse(parseJson(run.passes));
  return passes.success ? { ...report, ...passes.data } : report;
}

/**
 * The baseline of a run: the newest undisturbed one of the same kind, site and selection; else the
 * newest of the same kind and site; else none. A baseline has none itself, nor has a warm-up.
 */
export async function findBaseline(
  connection: RedisConnection,
  run: Run,
): Promise<Report | undefined> {
  if (run.baseline || isWarmUp(run)) return undefined;
  const baseline = await findBaselineRun(connection, run);
  return baseline === undefined ? undefined : storedReport(baseline);
}

function comparisonOf(report: Report, baseline: Report | undefined): Comparison | null {
  return baseline === undefined ? null : compareToBaseline(report, baseline);
}
