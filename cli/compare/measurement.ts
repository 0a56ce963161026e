/** From the reports of runs to figures: which runs belong together, and which of them is shown. */

import {
  combinePasses,
  compareToBaseline,
  median,
  type Comparison,
} from '../../shared/report/comparison.js';
import type { Report } from '../../shared/report/report.js';

/** One run of a comparison. */
export interface Measured {
  /** From 1. */
  readonly pass: number;
  /** Jobs at a time asked for; undefined for a baseline. */
  readonly asked: number | undefined;
  readonly report: Report;
}

/** A run and the baseline of the same pass. */
export interface Pair {
  readonly pass: number;
  readonly baseline: Report;
  readonly run: Report;
}

/** What all passes at one concurrency come to. */
export interface StepFigures {
  readonly asked: number;
  readonly pairs: readonly Pair[];
  /** The pair whose ratio is the median, or next to it: the one that tables and charts show. */
  readonly shown: Pair;
  readonly ratios: readonly number[];
  readonly speedUp: number | null;
  readonly range: readonly [number, number] | null;
  /** Why there is no speed-up; null where there is one. */
  readonly note: string | null;
}

export interface MeasuringRules {
  /** Whether a baseline worked by several workers in turn counts: it does where they were given. */
  readonly severalWorkers: boolean;
}

/** The figures of every concurrency that has a run and its baseline, in the order measured. */
export function stepsOf(measured: readonly Measured[], rules: MeasuringRules): StepFigures[] {
  const asked = new Set(measured.flatMap((one) => (one.asked === undefined ? [] : [one.asked])));
  return [...asked].flatMap((concurrency) => {
    const pairs = pairsAt(measured, concurrency);
    const [first] = pairs;
    return first === undefined ? [] : [figuresOf(concurrency, pairs, first, rules)];
  });
}

/** The comparison of one concurrency as the record of its last run keeps it. */
export function comparisonOf(step: StepFigures): Comparison & { readonly passes: number } {
  const { baseline } = step.shown;
  return {
    baselineRun: baseline.run,
    label: 'same selection',
    baselineThroughputPerSecond: baseline.throughputPerSecond,
    speedUp: step.speedUp,
    range: step.range === null ? null : [...step.range],
    note: step.note,
    passes: step.pairs.length,
  };
}

function pairsAt(measured: readonly Measured[], concurrency: number): Pair[] {
  return measured
    .filter(({ asked }) => asked === concurrency)
    .flatMap(({ pass, report: run }) => {
      const baseline = measured.find((one) => one.asked === undefined && one.pass === pass)?.report;
      return baseline === undefined ? [] : [{ pass, baseline, run }];
    });
}

function figuresOf(
  asked: number,
  pairs: readonly Pair[],
  first: Pair,
  rules: MeasuringRules,
): StepFigures {
  const compared = pairs.map((pair) => ({ pair, ...comparePair(pair, rules) }));
  const ratios = compared.flatMap(({ speedUp }) => (speedUp === null ? [] : [speedUp]));
  const note = compared.find((one) => one.note !== null)?.note ?? null;
  const middle = median(ratios);
  const distance = ({ speedUp }: { speedUp: number | null }): number =>
    speedUp === null ? Number.POSITIVE_INFINITY : Math.abs(speedUp - middle);
  const nearest = compared.toSorted((a, b) => distance(a) - distance(b))[0];
  const shown = nearest?.pair ?? first;
  const combined = note === null ? combinePasses(ratios) : { speedUp: null, range: null };
  return { asked, pairs, shown, ratios, note, ...combined };
}

function comparePair(
  { run, baseline }: Pair,
  { severalWorkers }: MeasuringRules,
): { speedUp: number | null; note: string | null } {
  const disturbed = severalWorkers && baseline.stalls === 0 ? null : baseline.disturbed;
  if (disturbed !== null)
    return { speedUp: null, note: `the baseline was disturbed: ${disturbed}` };
  return compareToBaseline(run, baseline);
}
