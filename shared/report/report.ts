/** The report of a run, which its tracker's job returns, in at most 4 KiB; and the figures in it. */

import { siteText } from '../base/safe-text.js';
import { z } from 'zod';
import { type Outcome, OUTCOMES } from '../base/outcome.js';
import { nounOf } from '../kinds/kinds.js';
import { runName } from '../queues/job.js';
import { type Run, RUN_STATES } from '../runs/run.js';
import { coarse, peakActive, Point, type Series } from '../runs/series.js';
import { percentileMs, type Tally } from '../runs/tally.js';
import { Comparison, MEASURED_JOBS_MIN, Medians, workDone } from './comparison.js';
import { formatCount, formatRate, formatSpeedUp } from './format.js';
import { isWarmUp, shownFigures } from './passes.js';

/** A longer selection is cut: the whole report stays below 4 KiB. */
const SELECTION_SHOWN_MAX = 200;

/** Reasons and statuses beyond the most frequent ones are left out. */
const SHOWN_MAX = 12;

/** Enough points to see how `-c auto` finds its concurrency, few enough to read. */
const COURSE_POINTS_MAX = 20;

/** Fetch times are rounded to a tenth of a millisecond: a mean below that says nothing. */
const MEAN_FETCH_MS_MIN = 0.1;

const counts = z.record(z.string(), z.number());

export const Report = z.object({
  run: z.number(),
  kind: z.string(),
  queue: z.string(),
  baseline: z.boolean(),
  state: z.literal(RUN_STATES),
  site: z.string(),
  selection: z.string(),
  digest: z.string(),
  refetch: z.boolean(),
  group: z.number(),
  pass: z.number(),
  /** What a person calls runs like this one; empty without. */
  title: z.string().default(''),
  createdAtMs: z.number(),
  /** First start of any attempt, in Redis time; null before it. */
  startedAtMs: z.number().nullable(),
  asked: z.number(),
  duplicates: z.number(),
  queued: z.number(),
  /** Jobs that are known to be in Redis: fewer than are queued while a producer adds them, or where it stopped. */
  added: z.number(),
  ended: z.number(),
  /** Outcomes that occurred, with their counts. */
  outcomes: z.partialRecord(z.enum(OUTCOMES), z.number()),
  reasons: counts,
  statuses: counts,
  retries: counts,
  bytes: z.number(),
  wallMs: z.number().nullable(),
  throughputPerSecond: z.number().nullable(),
  /** Observed peak of active jobs. */
  concurrency: z.number(),
  fetch: z.object({
    count: z.number(),
    p50Ms: z.number(),
    p95Ms: z.number(),
    p99Ms: z.number(),
    longestMs: z.number(),
    sumMs: z.number(),
  }),
  idealMs: z.number().nullable(),
  efficiency: z.number().nullable(),
  /** Jobs done and jobs active, at moments spread over the run. */
  course: z.array(Point).default([]),
  workers: z.number(),
  stalls: z.number(),
  /** Why this baseline is not to be compared with; null where it may be. */
  disturbed: z.string().nullable(),
  /** Failures that a later run has answered, and the newest run that tried them again; 0 and null before. */
  recovered: z.number().default(0),
  retriedBy: z.number().nullable().default(null),
  /** Those of all passes of the comparison it is one of, at its concurrency; null of a run alone. */
  medians: Medians.nullable(),
  /** With the baseline; over all passes where there are several. */
  comparison: Comparison.nullable(),
});
export type Report = z.infer<typeof Report>;

/**
 * Builds the report of a run from what has been counted so far, compared with nothing. Where jobs of it are left, its time goes
 * on until `nowMs`, in Redis time: a run that stands still becomes slower.
 */
export function buildReport(run: Run, tally: Tally, series: Series, nowMs = 0): Report {
  const concurrency = tally.ended === 0 ? 0 : Math.max(1, peakActive(series));
  const isUnderWay = tally.lastEndMs !== undefined && tally.ended < run.total;
  const span = isUnderWay ? { ...tally, lastEndMs: Math.max(tally.lastEndMs, nowMs) } : tally;
  const wallMs = wallMsOf(span);
  const ideal = idealMs({ ...tally.fetch, jobs: tally.ended, concurrency });
  return {
    ...identityOf(run),
    ...countsOf(run, tally),
    startedAtMs: tally.firstStartMs ?? null,
    wallMs: wallMs ?? null,
    throughputPerSecond: throughputPerSecond(span) ?? null,
    concurrency,
    fetch: {
      count: tally.fetch.count,
      p50Ms: rounded(percentileMs(tally.fetch, 0.5)),
      p95Ms: rounded(percentileMs(tally.fetch, 0.95)),
      p99Ms: rounded(percentileMs(tally.fetch, 0.99)),
      longestMs: tally.fetch.longestMs,
      sumMs: rounded(tally.fetch.sumMs),
    },
    idealMs: ideal ?? null,
    efficiency: efficiency(ideal, wallMs) ?? null,
    course: coarse(series, COURSE_POINTS_MAX),
    workers: Object.keys(tally.workers).length,
    stalls: tally.stalls,
    disturbed: run.baseline ? disturbanceOf(tally) : null,
    ...retriesOf(run),
    medians: null,
    comparison: null,
  };
}

function identityOf(run: Run) {
  return {
    run: run.number,
    kind: run.kind,
    queue: run.queue.name,
    baseline: run.baseline,
    state: run.state,
    site: siteText(run.site),
    selection: run.selection.slice(0, SELECTION_SHOWN_MAX),
    digest: run.digest,
    refetch: run.refetch,
    group: run.group,
    pass: run.pass,
    title: run.title,
    createdAtMs: run.createdAtMs,
  };
}

/** What later runs have made good of its failures. */
export function retriesOf({ recovered, retriedBy }: Run): Pick<Report, 'recovered' | 'retriedBy'> {
  return { recovered, retriedBy: retriedBy === 0 ? null : retriedBy };
}

function countsOf(run: Run, tally: Tally) {
  const outcomes: Partial<Record<Outcome, number>> = {};
  for (const outcome of OUTCOMES) {
    if (tally.outcomes[outcome] > 0) outcomes[outcome] = tally.outcomes[outcome];
  }
  return {
    asked: run.asked,
    duplicates: run.duplicates,
    queued: run.total,
    added: run.state === 'open' || run.state === 'abandoned' ? run.acknowledged : run.total,
    ended: tally.ended,
    outcomes,
    reasons: mostFrequent(tally.reasons),
    statuses: mostFrequent(tally.statuses),
    retries: mostFrequent(tally.retries),
    bytes: tally.bytes,
  };
}

function mostFrequent(all: Readonly<Record<string, number>>): Record<string, number> {
  const entries = Object.entries(all).toSorted(([, a], [, b]) => b - a);
  return Object.fromEntries(entries.slice(0, SHOWN_MAX));
}

/** Why a baseline is no measure: it must be the undisturbed work of one worker. */
function disturbanceOf(tally: Tally): string | null {
  if (Object.keys(tally.workers).length > 1) return 'its worker changed';
  if (tally.stalls > 0) return 'a worker stalled';
  return null;
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}

/**
 * For which runs a baseline is the one to compare with: `selection`, those of its own; `site`, also
 * others, whose speed-up it lets estimate; `none`, where it was disturbed or did no work.
 */
export function measureOf(report: Report): 'none' | 'selection' | 'site' {
  const { baseline, disturbed, throughputPerSecond: rate, outcomes } = report;
  if (!baseline || disturbed !== null || rate === null) return 'none';
  return workDone(outcomes) < MEASURED_JOBS_MIN ? 'selection' : 'site';
}

/** One line for lists and the board: `run-7 · 200 comics · concurrency 50: 655 jobs/s (35.1× baseline)`. */
export function reportTitle(report: Report): string {
  const speedUp = report.comparison?.speedUp ?? null;
  const head = `${runName(report.run)} · ${formatCount(report.queued)} ${nounOf(report.kind, report.queued)}`;
  const { throughputPerSecond: rate, concurrency, passes } = shownFigures(report);
  if (rate === null) return `${head} · ${report.state}`;
  const facts = [
    ...(report.baseline ? ['baseline'] : []),
    ...(isWarmUp(report) ? ['warm-up'] : []),
    ...(speedUp === null ? [] : [`${formatSpeedUp(speedUp)} baseline`]),
    ...(passes > 1 ? [`median of ${passes}`] : []),
  ];
  const suffix = facts.length === 0 ? '' : ` (${facts.join(', ')})`;
  return `${head} · concurrency ${concurrency}: ${formatRate(rate)}${suffix}`;
}

export interface WorkSpan {
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>;
  readonly firstStartMs: number | undefined;
  readonly lastEndMs: number | undefined;
}

/** From the first start of any attempt to the last end, in milliseconds; undefined before the first end. */
export function wallMsOf({ firstStartMs, lastEndMs }: WorkSpan): number | undefined {
  if (firstStartMs === undefined || lastEndMs === undefined) return undefined;
  return lastEndMs - firstStartMs;
}

/**
 * Jobs a second: jobs that did their work over the time from the first start of any attempt to the last end.
 * Undefined where no job did any work, or all within one tick of the clock.
 */
export function throughputPerSecond(span: WorkSpan): number | undefined {
  const wallMs = wallMsOf(span);
  const done = workDone(span.outcomes);
  if (wallMs === undefined || wallMs <= 0 || done === 0) return undefined;
  return (done / wallMs) * 1000;
}

export interface IdealInput {
  /** Jobs that have ended. */
  readonly jobs: number;
  readonly longestMs: number;
  readonly sumMs: number;
  /** Observed peak of active jobs. */
  readonly concurrency: number;
}

/**
 * No schedule is faster than its longest fetch, nor than all fetch time shared out evenly among the
 * slots, that of attempts which were made again included. Undefined where nothing was fetched, or jobs took no time to speak of (`sleeps 0`).
 */
export function idealMs({ jobs, longestMs, sumMs, concurrency }: IdealInput): number | undefined {
  if (sumMs <= 0 || sumMs / jobs < MEAN_FETCH_MS_MIN || concurrency < 1) return undefined;
  return Math.max(longestMs, sumMs / concurrency);
}

/** Ideal over measured: 1 means that the queue cost nothing. */
export function efficiency(
  ideal: number | undefined,
  wallMs: number | undefined,
): number | undefined {
  if (ideal === undefined || wallMs === undefined || wallMs <= 0) return undefined;
  return ideal / wallMs;
}
