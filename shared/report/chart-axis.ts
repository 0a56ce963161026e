/** Axes: from values to places on the paper, with ticks at round numbers. */

export interface Axis {
  /** Where a value lies on the paper. */
  readonly place: (value: number) => number;
  /** Round values from the axis's start to its end. */
  readonly ticks: readonly number[];
}

/** Where an axis begins and ends on the paper. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Ticks beyond this many crowd an axis. */
const TICKS_MAX = 1000;

export interface Ticks {
  /** About how many. */
  readonly wanted: number;
  /** The least between two of them: 1 where the values are counts. */
  readonly stepMin: number;
}

/** An axis from zero to `end`, with ticks at multiples of 1, 2 or 5. */
export function linearAxis(end: number, { from, to }: Span, { wanted, stepMin }: Ticks): Axis {
  const last = end > 0 ? end : 1;
  const step = Math.max(niceStep(last / wanted), stepMin);
  const ticks: number[] = [];
  for (let index = 0; index * step <= last * (1 + 1e-9) && index < TICKS_MAX; index += 1) {
    ticks.push(Number((index * step).toPrecision(12)));
  }
  return { place: (value) => from + (value / last) * (to - from), ticks };
}

/** An axis on which every doubling takes the same room. */
export function doublingAxis(start: number, end: number, { from, to }: Span): Axis {
  const low = Math.log2(start);
  const high = Math.max(Math.log2(end), low + 1);
  const share = (value: number): number => (Math.log2(value) - low) / (high - low);
  const ticks = [0.1, 0.2, 0.5, 1, 2, 5].flatMap((digit) =>
    [1, 10, 100, 1000, 10_000].map((power) => digit * power),
  );
  const inside = ticks.filter((tick) => share(tick) >= -1e-9 && share(tick) <= 1 + 1e-9);
  return {
    place: (value) => from + share(value) * (to - from),
    ticks: [...new Set(inside)].toSorted((a, b) => a - b),
  };
}

/** The smallest of 1, 2 and 5 times a power of ten that is not below `least`. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5].find((digit) => digit * power >= least * (1 - 1e-9)) ?? 10;
  return step * power;
}
