/** A run set against its baseline: a speed-up, or the reason why there is none. */

import { z } from 'zod';
import { OUTCOMES, type Outcome } from '../base/outcome.js';

/**
 * Shares of outcomes may differ by one in a hundred before two runs did different work; the rest is
 * for fractions that have no exact binary form.
 */
const DIFFERENCE_MAX = 0.01 + 1e-9;

/** Fewest passes from which a range is shown. */
const RANGE_PASSES_MIN = 3;

export const Comparison = z.object({
  baselineRun: z.number(),
  label: z.enum(['same selection', 'other selection']),
  baselineThroughputPerSecond: z.number().nullable(),
  speedUp: z.number().nullable(),
  /** Smallest and largest ratio over the passes; null with fewer than three. */
  range: z.tuple([z.number(), z.number()]).nullable(),
  /** Why there is no speed-up; null where there is one. */
  note: z.string().nullable(),
});
export type Comparison = z.infer<typeof Comparison>;

/** What of a run is compared. */
export interface Measured {
  readonly run: number;
  readonly digest: string;
  readonly ended: number;
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>;
  readonly throughputPerSecond: number | null;
}

/** Compares a run with its baseline, by the rules that keep the number honest. */
export function compareToBaseline(measured: Measured, baseline: Measured): Comparison {
  const note = obstacle(measured, baseline);
  const throughput = measured.throughputPerSecond;
  const baselineThroughput = baseline.throughputPerSecond;
  return {
    baselineRun: baseline.run,
    label: measured.digest === baseline.digest ? 'same selection' : 'other selection',
    baselineThroughputPerSecond: baselineThroughput,
    speedUp:
      note === null && throughput !== null && baselineThroughput !== null
        ? throughput / baselineThroughput
        : null,
    range: null,
    note,
  };
}

/** Speed-up over several passes: the median of the paired ratios, and their range. */
export function combinePasses(ratios: readonly number[]): {
  readonly speedUp: number;
  readonly range: readonly [number, number] | null;
} {
  const sorted = ratios.toSorted((a, b) => a - b);
  return {
    speedUp: medianOfSorted(sorted),
    range: sorted.length >= RANGE_PASSES_MIN ? [Math.min(...sorted), Math.max(...sorted)] : null,
  };
}

/** The median; NaN of nothing. */
export function median(values: readonly number[]): number {
  return medianOfSorted(values.toSorted((a, b) => a - b));
}

function medianOfSorted(sorted: readonly number[]): number {
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

function obstacle(measured: Measured, baseline: Measured): string | null {
  const kept = measured.outcomes.kept ?? 0;
  if (kept > measured.ended * DIFFERENCE_MAX) return `${kept} already kept`;
  if (measured.throughputPerSecond === null) return 'no job did its work';
  if (baseline.throughputPerSecond === null) return 'no job of the baseline did its work';
  const { outcome, difference } = largestDifference(measured, baseline);
  return difference > DIFFERENCE_MAX
    ? `${(difference * 100).toFixed(1)} % more or fewer ${outcome} than the baseline`
    : null;
}

function largestDifference(
  measured: Measured,
  baseline: Measured,
): { outcome: Outcome; difference: number } {
  const differences = OUTCOMES.map((outcome) => ({
    outcome,
    difference: Math.abs(share(measured, outcome) - share(baseline, outcome)),
  }));
  return differences.reduce((a, b) => (b.difference > a.difference ? b : a));
}

function share({ outcomes, ended }: Measured, outcome: Outcome): number {
  return ended === 0 ? 0 : (outcomes[outcome] ?? 0) / ended;
}
