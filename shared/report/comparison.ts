/** A run set against its baseline: a speed-up, or the reason why there is none. */

import { z } from 'zod';
import { OUTCOME_TABLE, OUTCOMES, type Outcome } from '../base/outcome.js';
import { formatCount } from './format.js';

/**
 * Shares of outcomes may differ by one in a hundred before two runs did different work; the rest is
 * for fractions that have no exact binary form.
 */
const DIFFERENCE_MAX = 0.01 + 1e-9;

/** Fewer jobs are no measurement: a single slow answer makes half of their time. */
export const MEASURED_JOBS_MIN = 10;

export const Comparison = z.object({
  baselineRun: z.number(),
  label: z.enum(['same selection', 'other selection']),
  baselineThroughputPerSecond: z.number().nullable(),
  baselineWallMs: z.number().nullable(),
  /** Throughput over the baseline's; null where the two are not to be compared. */
  speedUp: z.number().nullable(),
  /** The same ratio to a baseline of another selection: a rough guess, to be marked as one; else null. */
  estimate: z.number().nullable(),
  /** Smallest and largest ratio over the passes; null with fewer than three. */
  range: z.tuple([z.number(), z.number()]).nullable(),
  /** Why there is no speed-up; null where there is one. */
  note: z.string().nullable(),
});
export type Comparison = z.infer<typeof Comparison>;

/** The figures of all passes of a comparison at one concurrency: the median of each. */
export const Medians = z.object({
  passes: z.number(),
  /** Whether a run went first that was not measured. */
  warmUp: z.boolean(),
  wallMs: z.number().nullable(),
  throughputPerSecond: z.number().nullable(),
  /** Observed peak of active jobs. */
  concurrency: z.number(),
  idealMs: z.number().nullable(),
  efficiency: z.number().nullable(),
});
export type Medians = z.infer<typeof Medians>;

/** What of a run is compared. */
export interface Measured {
  readonly run: number;
  readonly digest: string;
  readonly ended: number;
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>;
  readonly throughputPerSecond: number | null;
  readonly wallMs: number | null;
  /** Those of the passes it is one of; null of a run alone. */
  readonly medians: Medians | null;
}

/** Compares a run with its baseline, by the rules that keep the number honest. */
export function compareToBaseline(measured: Measured, baseline: Measured): Comparison {
  const isSame = measured.digest === baseline.digest;
  const { throughputPerSecond: throughput } = measured.medians ?? measured;
  const { throughputPerSecond: baselineThroughput, wallMs: baselineWallMs } =
    baseline.medians ?? baseline;
  const note = obstacle(measured, baseline);
  const ratio =
    note !== null || throughput === null || baselineThroughput === null
      ? null
      : throughput / baselineThroughput;
  return {
    baselineRun: baseline.run,
    label: isSame ? 'same selection' : 'other selection',
    baselineThroughputPerSecond: baselineThroughput,
    baselineWallMs,
    speedUp: isSame ? ratio : null,
    estimate: isSame ? null : ratio,
    range: null,
    note: note ?? (isSame ? null : 'the baseline has another selection'),
  };
}

function obstacle(measured: Measured, baseline: Measured): string | null {
  const kept = measured.outcomes.kept ?? 0;
  if (kept > measured.ended * DIFFERENCE_MAX) return `${kept} already kept`;
  if (measured.throughputPerSecond === null) return noThroughput(measured, '');
  if (baseline.throughputPerSecond === null) return noThroughput(baseline, ' of the baseline');
  const fewest = Math.min(workDone(measured.outcomes), workDone(baseline.outcomes));
  if (fewest < MEASURED_JOBS_MIN) {
    return `${fewest} ${fewest === 1 ? 'job is' : 'jobs are'} too few to measure (${MEASURED_JOBS_MIN} are needed)`;
  }
  const { outcome, more } = largestDifference(measured, baseline);
  if (Math.abs(more) <= DIFFERENCE_MAX) return null;
  const percent = `${(Math.abs(more) * 100).toFixed(1)} % ${more > 0 ? 'more' : 'fewer'}`;
  const [here, there] = [measured, baseline].map((run) => countText(run, outcome));
  return `${percent} ${outcome} than the baseline (${here} against ${there})`;
}

/** Why a run has no throughput: nothing has ended, nothing was to be done, or no time has passed. */
function noThroughput({ ended, outcomes }: Measured, whose: string): string {
  if (ended === 0) return `no job${whose} has ended`;
  return workDone(outcomes) === 0
    ? `no job${whose} did its work`
    : `the jobs${whose} took no time that can be measured`;
}

/** `180 of 200`. */
function countText({ outcomes, ended }: Measured, outcome: Outcome): string {
  return `${formatCount(outcomes[outcome] ?? 0)} of ${formatCount(ended)}`;
}

/** Jobs that did their work: stored, missing or slept. */
export function workDone(outcomes: Measured['outcomes']): number {
  return OUTCOMES.reduce(
    (sum, outcome) => sum + (OUTCOME_TABLE[outcome].work ? (outcomes[outcome] ?? 0) : 0),
    0,
  );
}

/** The outcome of which the shares differ most, and by how much its share is larger here. */
function largestDifference(
  measured: Measured,
  baseline: Measured,
): { outcome: Outcome; more: number } {
  const differences = OUTCOMES.map((outcome) => ({
    outcome,
    more: share(measured, outcome) - share(baseline, outcome),
  }));
  return differences.reduce((a, b) => (Math.abs(b.more) > Math.abs(a.more) ? b : a));
}

function share({ outcomes, ended }: Measured, outcome: Outcome): number {
  return ended === 0 ? 0 : (outcomes[outcome] ?? 0) / ended;
}
