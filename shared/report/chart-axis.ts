/** Axes: from values to places on the paper, with ticks at round numbers, and how they are drawn. */

import { rule, type Shape, text, textWidth } from './svg.js';

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

/** An axis on which every doubling takes the same length. */
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

/** The part of a drawing that a chart is given, by its edges. */
export interface Paper {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Where the axes lie on it, with space for their labels around them. */
export type Frame = Paper;

/** Pixels between the labels at the left and the axis. */
const LABEL_GAP = 9;

/** An axis with what is written beside it. */
export interface Labelled {
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
  readonly title: string;
}

/** The axes of a chart whose labels at the left are at most as wide as `widestLabel`. */
export function frameOn({ left, right, top, bottom }: Paper, widestLabel: string): Frame {
  return {
    left: left + LABEL_GAP + Math.max(20, textWidth(widestLabel) + 4),
    right: right - 12,
    top: top + 24,
    bottom: bottom - 42,
  };
}

/** Labels each tick of an axis. */
export function labelled(axis: Axis, title: string, format: (value: number) => string): Labelled {
  return {
    title,
    ticks: axis.ticks.map((tick) => ({ at: axis.place(tick), label: format(tick) })),
  };
}

/** The grid, the labels of the ticks, and what each axis is about. */
export function drawAxes({ left, right, top, bottom }: Frame, x: Labelled, y: Labelled): Shape[] {
  const widest = Math.max(...y.ticks.map(({ label }) => textWidth(label)));
  return [
    ...y.ticks.flatMap(({ at, label }) => [
      ...(at === bottom ? [] : [rule([left, at], [right, at], 'grid')]),
      text(label, [left - LABEL_GAP, at + 4.5], 'end'),
    ]),
    rule([left, bottom], [right, bottom], 'axis'),
    ...x.ticks.flatMap(({ at, label }) => [
      rule([at, bottom], [at, bottom + 5], 'axis'),
      text(label, [at, bottom + 20], 'middle'),
    ]),
    ...(y.title === '' ? [] : [text(y.title, [left - LABEL_GAP - widest, top - 12])]),
    ...(x.title === '' ? [] : [text(x.title, [right, bottom + 39], 'end')]),
  ];
}

/** The smallest of 1, 2 and 5 times a power of ten that is not below `least`. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5].find((digit) => digit * power >= least * (1 - 1e-9)) ?? 10;
  return step * power;
}
