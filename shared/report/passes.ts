/**
 * The passes of a comparison, the figures that stand for a run, the same wherever it is shown, and passes
 * that are unlike the others. The board's script imports it: it holds no schema.
 */

import type { Comparison, Medians } from './comparison.js';

/** Fewest passes from which a range is shown. */
const RANGE_PASSES_MIN = 3;

/** As hyperfine has it: ten standard deviations, each of which is 1.4826 median absolute deviations. */
const SCORE_MAX = 10 * 1.4826;

/** Of two passes, each is as far from the median as the other. */
const OUTLIER_PASSES_MIN = 3;

/**
 * Few passes agree by chance, and a clock of milliseconds has them agree where they do not: nothing is
 * taken to vary by less than this share of its median, so that an outlier is at least 3 % away from it.
 */
const DEVIATION_MIN = 0.002;

/** A pass: a run that has figures of its own. */
type Pass = Omit<Medians, 'passes' | 'warmUp'>;

/** The figures of a run that are shown: the medians of all passes where it is one of several, else its own. */
export function shownFigures(run: Pass & { readonly medians: Medians | null }): Medians {
  const { wallMs, throughputPerSecond, concurrency, idealMs, efficiency } = run;
  return (
    run.medians ?? {
      passes: 1,
      warmUp: false,
      wallMs,
      throughputPerSecond,
      concurrency,
      idealMs,
      efficiency,
    }
  );
}

/** Whether a run went before the passes of a comparison and is not one of them. */
export function isWarmUp({
  group,
  pass,
}: {
  readonly group: number;
  readonly pass: number;
}): boolean {
  return group > 0 && pass === 0;
}

/**
 * The speed-up of several passes: the ratio of the medians, so that it is the ratio of the figures that
 * stand beside it. It never lies outside the range of the ratios of the single passes.
 */
export function combinePasses(
  ratios: readonly number[],
  run: Medians,
  baseline: Medians,
): Pick<Comparison, 'speedUp' | 'range'> {
  const { throughputPerSecond: throughput } = run;
  const { throughputPerSecond: baselineThroughput } = baseline;
  if (ratios.length === 0 || throughput === null || baselineThroughput === null) {
    return { speedUp: null, range: null };
  }
  return {
    speedUp: throughput / baselineThroughput,
    range: ratios.length < RANGE_PASSES_MIN ? null : [Math.min(...ratios), Math.max(...ratios)],
  };
}

/** The medians of passes, of which there is at least one. */
export function mediansOf(passes: readonly Pass[], warmUp: boolean): Medians {
  return {
    passes: passes.length,
    warmUp,
    wallMs: medianOf(passes, ({ wallMs }) => wallMs),
    throughputPerSecond: medianOf(passes, (pass) => pass.throughputPerSecond),
    concurrency: Math.round(median(passes.map(({ concurrency }) => concurrency))),
    idealMs: medianOf(passes, ({ idealMs }) => idealMs),
    efficiency: medianOf(passes, ({ efficiency }) => efficiency),
  };
}

function medianOf(passes: readonly Pass[], figure: (pass: Pass) => number | null): number | null {
  const values = passes.map(figure).filter((value) => value !== null);
  return values.length === 0 ? null : median(values);
}

/** The pass that is shown where only one can be: that of the median throughput, or just below it. */
export function middleOf<Shown extends Pick<Medians, 'throughputPerSecond'>>(
  passes: readonly Shown[],
): Shown | undefined {
  const sorted = passes.toSorted(
    (a, b) => (a.throughputPerSecond ?? 0) - (b.throughputPerSecond ?? 0),
  );
  return sorted[Math.floor((sorted.length - 1) / 2)];
}

/** The median; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

/**
 * The indices of passes that took far longer, or far less long, than the others, by the modified z-score of Iglewicz and Hoaglin: the distance from the median
 * in median absolute deviations. A mean and its standard deviation would be moved by the outlier itself.
 */
export function outliersOf(times: readonly number[]): number[] {
  if (times.length < OUTLIER_PASSES_MIN) return [];
  const middle = median(times);
  const deviation = median(times.map((time) => Math.abs(time - middle)));
  const unit = Math.max(deviation, DEVIATION_MIN * middle);
  return times.flatMap((time, index) =>
    Math.abs(time - middle) > SCORE_MAX * unit ? [index] : [],
  );
}
