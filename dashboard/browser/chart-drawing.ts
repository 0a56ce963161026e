/** Draws charts as SVG: in the page's own colours, sharp at every size, and part of what is read out. */

import { shape, type Child } from './element.js';
import type { Line, Plot, Tick, TimeChart } from './time-chart.js';

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
export function drawAxes(plot: Plot, x: AxisDrawing, y: AxisDrawing): Child[] {
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
export function text(
  content: string,
  x: number,
  y: number,
  anchor: 'start' | 'middle' | 'end',
): SVGTextElement {
  return shape('text', { x: rounded(x), y: rounded(y), 'text-anchor': anchor }, content);
}

/** A tenth of a pixel is finer than any screen. */
export function rounded(value: number): number {
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
