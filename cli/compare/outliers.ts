/** Passes that took far longer, or far less long, than the others of their kind. */

import { median } from '../../shared/report/passes.js';

/** As hyperfine has it: ten standard deviations, each of which is 1.4826 median absolute deviations. */
const SCORE_MAX = 10 * 1.4826;

/** Of two passes, each is as far from the median as the other. */
const PASSES_MIN = 3;

/**
 * Few passes agree by chance, and a clock of milliseconds has them agree where they do not: nothing is
 * taken to vary by less than this share of its median, so that an outlier is at least 3 % away from it.
 */
const DEVIATION_MIN = 0.002;

/**
 * The indices of outliers, by the modified z-score of Iglewicz and Hoaglin: the distance from the median
 * in median absolute deviations. A mean and its standard deviation would be moved by the outlier itself.
 */
export function outliersOf(times: readonly number[]): number[] {
  if (times.length < PASSES_MIN) return [];
  const middle = median(times);
  const deviation = median(times.map((time) => Math.abs(time - middle)));
  const unit = Math.max(deviation, DEVIATION_MIN * middle);
  return times.flatMap((time, index) =>
    Math.abs(time - middle) > SCORE_MAX * unit ? [index] : [],
  );
}
