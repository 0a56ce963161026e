/** Few numbers, honestly: the middle one and how far they spread. */

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** @throws RangeError where there is no value. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const [min] = sorted;
  const max = sorted.at(-1);
  if (min === undefined || max === undefined) throw new RangeError('There is no value');
  return { median: medianOf(sorted, min), min, max };
}

/** Ratios of values of the same repeat: what disturbed both does not disturb their ratio. */
export function pairedRatios(values: readonly number[], others: readonly number[]): number[] {
  return values.flatMap((value, repeat) => {
    const other = others[repeat];
    return other === undefined || other === 0 ? [] : [value / other];
  });
}

function medianOf(sorted: readonly number[], fallback: number): number {
  const upper = sorted[Math.floor(sorted.length / 2)] ?? fallback;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? upper;
  return (lower + upper) / 2;
}
