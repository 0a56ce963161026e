/** Speed-up against concurrency, both in doublings: perfect scaling is a straight line. */

import { doublingAxis } from '../../shared/report/chart-axis.js';
import { formatSpeedUp } from '../../shared/report/format.js';
import type { SweepStep } from '../api/panel-view.js';
import { drawAxes, rounded, text } from './chart-drawing.js';
import { shape, type Child } from './element.js';
import type { Paper, Plot, Tick } from './time-chart.js';

/** Room beyond the smallest and largest values. */
const AIR = 1.3;

/** Draws a sweep; the knee, where the gain ends, is ringed and named. */
export function drawSweep(
  steps: readonly SweepStep[],
  knee: number | null,
  paper: Paper,
): SVGSVGElement {
  const plot: Plot = { left: 44, right: paper.width - 16, top: 22, bottom: paper.height - 40 };
  const most = Math.max(...steps.map(({ concurrency }) => concurrency));
  const best = Math.max(...steps.map(({ speedUp, range }) => range?.[1] ?? speedUp));
  const x = doublingAxis(1 / AIR, most * AIR, { from: plot.left, to: plot.right });
  const least = Math.min(1, ...steps.map(({ speedUp, range }) => range?.[0] ?? speedUp));
  const y = doublingAxis(least / AIR, best * AIR, { from: plot.bottom, to: plot.top });
  const ticks = (axis: typeof x, unit: string): Tick[] =>
    axis.ticks.map((tick) => ({ at: axis.place(tick), label: `${tick}${unit}` }));
  const place = (step: SweepStep): readonly [number, number] => [
    x.place(step.concurrency),
    y.place(step.speedUp),
  ];
  const perfect = Math.min(most, best) * AIR;
  const line = steps.map((step) => place(step).map(rounded).join(',')).join(' ');
  return shape(
    'svg',
    {
      viewBox: `0 0 ${paper.width} ${paper.height}`,
      width: paper.width,
      height: paper.height,
      role: 'img',
      'aria-label': sweepText(steps, knee),
    },
    ...drawAxes(
      plot,
      { ticks: ticks(x, ''), title: 'jobs at a time' },
      { ticks: ticks(y, '×'), title: 'speed-up' },
    ),
    shape('line', {
      class: 'line ideal',
      x1: x.place(least),
      y1: y.place(least),
      x2: x.place(perfect),
      y2: y.place(perfect),
    }),
    shape('polyline', { class: 'line run', points: line }),
    ...steps.flatMap((step) => drawStep(step, place(step), y.place)),
    ...steps
      .filter(({ concurrency }) => concurrency === knee)
      .flatMap((step) => drawKnee(step, place(step))),
  );
}

/** What the chart shows, in words. */
function sweepText(steps: readonly SweepStep[], knee: number | null): string {
  const parts = steps.map(
    ({ concurrency, speedUp }) => `${formatSpeedUp(speedUp)} at ${concurrency}`,
  );
  const end = knee === null ? 'Its knee has not been reached' : `Its knee is at ${knee}`;
  return `Speed-up against concurrency: ${parts.join(', ')}. ${end}.`;
}

function drawStep(
  { range }: SweepStep,
  [atX, atY]: readonly [number, number],
  placeY: (value: number) => number,
): Child[] {
  const dot = shape('circle', { class: 'dot run', cx: rounded(atX), cy: rounded(atY), r: 5 });
  if (range === null) return [dot];
  const [low, high] = range;
  const whisker = { class: 'whisker', x1: rounded(atX), x2: rounded(atX) };
  return [shape('line', { ...whisker, y1: placeY(low), y2: placeY(high) }), dot];
}

function drawKnee({ concurrency }: SweepStep, [x, y]: readonly [number, number]): Child[] {
  return [
    shape('circle', { class: 'ring', cx: rounded(x), cy: rounded(y), r: 11 }),
    text(`knee at ${concurrency}`, x - 16, y - 12, 'end'),
  ];
}
