/** Draws charts as SVG: in the page's own colours, sharp at every size, and part of what is read out. */

import { doublingAxis } from '../../shared/report/chart-axis.js';
import { formatCount, formatSpeedUp } from '../../shared/report/format.js';
import type { SweepStep } from '../api/panel-view.js';
import { type Child, element, shape } from './element.js';
import {
  doneAt,
  type Line,
  type Paper,
  type Plot,
  type Tick,
  type TimeChart,
} from './time-chart.js';

/** A chart with its title for those who do not see it. */
export function drawTimeChart(chart: TimeChart, description: string): SVGSVGElement {
  const { paper, plot } = chart;
  return shape(
    'svg',
    {
      viewBox: `0 0 ${paper.width} ${paper.height}`,
      width: paper.width,
      height: paper.height,
      role: 'img',
      'aria-label': description,
    },
    ...clipTo(plot),
    ...drawAxes(plot, chart.x, chart.y),
    shape('g', { 'clip-path': 'url(#plot)' }, ...chart.lines.flatMap((line) => draw(chart, line))),
    ...chart.lines.flatMap((line) => drawEnd(chart, line)),
  );
}

export interface AxisDrawing {
  readonly ticks: readonly Tick[];
  readonly title: string;
}

/** Grid, tick labels and titles of both axes. */
function drawAxes(plot: Plot, x: AxisDrawing, y: AxisDrawing): Child[] {
  return [
    ...y.ticks.flatMap(({ at, label }, index) => [
      shape('line', {
        class: index === 0 ? 'axis' : 'grid',
        x1: plot.left,
        x2: plot.right,
        y1: rounded(at),
        y2: rounded(at),
      }),
      text(label, plot.left - 8, at + 4, 'end'),
    ]),
    ...x.ticks.map(({ at, label }) => text(label, at, plot.bottom + 18, 'middle')),
    text(y.title, 0, plot.top - 10, 'start'),
    text(x.title, plot.right, plot.bottom + 35, 'end'),
  ];
}

/** Text at a place; `anchor` says which part of it is there. */
function text(
  content: string,
  x: number,
  y: number,
  anchor: 'start' | 'middle' | 'end',
): SVGTextElement {
  return shape('text', { x: rounded(x), y: rounded(y), 'text-anchor': anchor }, content);
}

/** A tenth of a pixel is finer than any screen. */
function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Lines that go beyond the plot (a long baseline beside a short run) end at its edge. */
function clipTo({ left, right, top, bottom }: Plot): Child[] {
  const area = { x: left, y: top - 4, width: right - left, height: bottom - top + 8 };
  return [shape('defs', {}, shape('clipPath', { id: 'plot' }, shape('rect', area)))];
}

function draw(chart: TimeChart, line: Line): Child[] {
  if (line.points.length === 0) return [];
  const places = line.points.map(([seconds, done]) => chart.place(seconds, done));
  const path = places.map(([x, y]) => `${rounded(x)},${rounded(y)}`).join(' ');
  const drawn = shape('polyline', { class: `line ${line.name}`, points: path });
  if (line.name !== 'run') return [drawn];
  const base = chart.plot.bottom;
  const corners = [`${rounded(places.at(-1)?.[0] ?? 0)},${base}`, `${chart.plot.left},${base}`];
  return [shape('polygon', { class: 'area', points: `${path} ${corners.join(' ')}` }), drawn];
}

/** A dot where a line ends, if that is on the paper. */
function drawEnd(chart: TimeChart, line: Line): Child[] {
  const last = line.points.at(-1);
  if (last === undefined || line.name === 'ideal') return [];
  const [x, y] = chart.place(last[0], last[1]);
  if (x > chart.plot.right + 1 || y < chart.plot.top - 5) return [];
  return [shape('circle', { class: `dot ${line.name}`, cx: rounded(x), cy: rounded(y), r: 4.5 })];
}

const ROWS = 10;

/** Jobs done by each line at ten moments. */
export function courseTable({ lines, lastSeconds }: TimeChart): HTMLTableElement {
  const header = element('tr', {}, heading('elapsed'), ...lines.map(({ label }) => heading(label)));
  const moments = Array.from({ length: ROWS }, (_, index) => (lastSeconds * (index + 1)) / ROWS);
  const rows = moments.map((seconds) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, `${shortSeconds(seconds)} s`),
      ...lines.map((line) => element('td', {}, cell(line, seconds))),
    ),
  );
  return element(
    'table',
    {},
    element('caption', {}, 'Jobs done by elapsed time'),
    element('thead', {}, header),
    element('tbody', {}, ...rows),
  );
}

/** `0.25`, `12.5`, `340`. */
export function shortSeconds(seconds: number): string {
  return seconds >= 100 ? String(Math.round(seconds)) : String(Number(seconds.toPrecision(3)));
}

function heading(label: string): HTMLTableCellElement {
  return element('th', { scope: 'col' }, label);
}

function cell(line: Line, seconds: number): string {
  const done = doneAt(line, seconds);
  if (done !== undefined) return formatCount(done);
  const last = line.points.at(-1);
  return last === undefined ? '–' : `${formatCount(last[1])} (over)`;
}

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
