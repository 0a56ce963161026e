/**
 * "Jobs done against elapsed seconds": a run, its baseline (dashed) and its ideal (thin), as one
 * SVG file. The slope of a line is its throughput.
 */

import type { Point } from '../runs/series.js';
import { linearAxis, type Axis, type Span } from './chart-axis.js';
import {
  svgDot,
  svgFile,
  svgLine,
  svgRule,
  svgText,
  textWidth,
  type ChartTheme,
} from './chart-svg.js';
import { formatCount } from './format.js';

export interface ChartLine {
  /** `50 at a time`. */
  readonly label: string;
  /** What the legend adds: `655 jobs/s`. */
  readonly note?: string;
  readonly points: readonly Point[];
}

export interface ThroughputChart {
  readonly title: string;
  readonly subtitle?: string;
  /** What the chart is about, large: `35.1×`, and the words below it. */
  readonly headline?: { readonly figure: string; readonly caption: string };
  /** Jobs of the run: the top of the chart, also while most are still to be done. */
  readonly jobs: number;
  readonly run: ChartLine;
  readonly baseline?: ChartLine | undefined;
  /** The shortest time in which the run could have done its jobs. */
  readonly idealSeconds?: number | undefined;
  readonly theme?: ChartTheme;
}

const WIDTH = 960;
const HEIGHT = 580;
const PLOT: Frame = { x: { from: 64, to: 928 }, y: { from: 518, to: 154 } };
const LEGEND_Y = 102;

/** A run this many times shorter than its baseline is shown once more, enlarged. */
const ENLARGED_FROM = 5;

/** Where the enlarged view lies: below a baseline that climbs evenly to the end of the chart. */
const INSET: Frame = { x: { from: 656, to: 908 }, y: { from: 462, to: 366 } };
const CARD: Card = { left: 600, right: 928, top: 326, bottom: 500 };

const CARD_DISTANCE = 8;

/** Empty room beyond the last point, so that nothing is drawn on the edge. */
const AIR = 1.04;

interface Frame {
  readonly x: Span;
  /** From the bottom up. */
  readonly y: Span;
}

interface Card {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

interface Unit {
  readonly name: string;
  readonly seconds: number;
}

const SECONDS: Unit = { name: 'seconds', seconds: 1 };
const MINUTES: Unit = { name: 'minutes', seconds: 60 };
const HOURS: Unit = { name: 'hours', seconds: 3600 };

/** Draws a run; with few or no points yet, as much of the chart as there is. */
export function chartSvg(chart: ThroughputChart): string {
  const lastSeconds = Math.max(
    endOf(chart.run).seconds,
    chart.baseline === undefined ? 0 : endOf(chart.baseline).seconds,
    chart.idealSeconds ?? 0,
  );
  const axes = axesOf(PLOT, lastSeconds, chart.jobs, [8, 5]);
  const drawn = [
    ...drawHead(chart),
    ...drawLegend(chart),
    ...drawAxes(PLOT, axes),
    svgText('jobs done', [PLOT.x.from, PLOT.y.to - 14]),
    svgText(`elapsed ${axes.unit.name}`, [PLOT.x.to, PLOT.y.from + 40], '', 'end'),
    ...drawLines(chart, axes),
    ...drawInset(chart, axes),
  ];
  const paper = { width: WIDTH, height: HEIGHT, title: chart.title, theme: chart.theme ?? 'auto' };
  return svgFile({ ...paper, description: describe(chart) }, drawn);
}

interface Axes {
  readonly x: Axis;
  readonly y: Axis;
  readonly unit: Unit;
  place(point: { readonly seconds: number; readonly done: number }): readonly [number, number];
}

function axesOf(
  frame: Frame,
  lastSeconds: number,
  jobs: number,
  [ticksX, ticksY]: readonly [number, number],
): Axes {
  const unit = unitOf(lastSeconds);
  const x = linearAxis((lastSeconds / unit.seconds) * AIR, frame.x, { wanted: ticksX, stepMin: 0 });
  const y = linearAxis(jobs * AIR, frame.y, { wanted: ticksY, stepMin: 1 });
  return {
    x,
    y,
    unit,
    place: ({ seconds, done }) => [x.place(seconds / unit.seconds), y.place(done)],
  };
}

function unitOf(lastSeconds: number): Unit {
  if (lastSeconds >= 4 * HOURS.seconds) return HOURS;
  return lastSeconds >= 10 * MINUTES.seconds ? MINUTES : SECONDS;
}

function drawHead({ title, subtitle, headline }: ThroughputChart): string[] {
  const head = [svgText(title, [32, 42], 'title')];
  if (subtitle !== undefined) head.push(svgText(subtitle, [32, 66]));
  if (headline === undefined) return head;
  return [
    ...head,
    svgText(headline.figure, [PLOT.x.to, 56], 'figure', 'end'),
    svgText(headline.caption, [PLOT.x.to, 80], '', 'end'),
  ];
}

function drawLegend({ run, baseline, idealSeconds }: ThroughputChart): string[] {
  const entries = [
    { ...run, name: 'run' },
    ...(baseline === undefined ? [] : [{ ...baseline, name: 'baseline' }]),
    ...(idealSeconds === undefined ? [] : [{ label: 'ideal', note: undefined, name: 'ideal' }]),
  ];
  let x = 32;
  return entries.flatMap(({ label, note, name }) => {
    const key = svgLine(
      [
        [x, LEGEND_Y],
        [x + 30, LEGEND_Y],
      ],
      name,
    );
    const words = svgText([label, note ?? ''], [x + 40, LEGEND_Y + 4.5]);
    x += 40 + textWidth(`${label}${note ?? ''}`) + 40;
    return [key, words];
  });
}

function drawAxes(frame: Frame, { x, y }: Axes): string[] {
  const bottom = frame.y.from;
  return [
    ...y.ticks.flatMap((tick) => [
      svgRule(
        [frame.x.from, y.place(tick)],
        [frame.x.to, y.place(tick)],
        tick === 0 ? 'axis' : 'grid',
      ),
      svgText(formatCount(tick), [frame.x.from - 10, y.place(tick) + 4.5], '', 'end'),
    ]),
    ...x.ticks.flatMap((tick) => [
      svgRule([x.place(tick), bottom], [x.place(tick), bottom + 5], 'axis'),
      svgText(String(tick), [x.place(tick), bottom + 21], '', 'middle'),
    ]),
  ];
}

function drawLines(chart: ThroughputChart, axes: Axes): string[] {
  const { run, baseline, idealSeconds } = chart;
  const done = endOf(run).done;
  if (run.points.length === 0 && baseline === undefined) {
    const middle = [(PLOT.x.from + PLOT.x.to) / 2, (PLOT.y.from + PLOT.y.to) / 2] as const;
    return [svgText('no job has ended yet', middle, '', 'middle')];
  }
  const ideal =
    idealSeconds === undefined
      ? []
      : [svgLine([axes.place(START), axes.place({ seconds: idealSeconds, done })], 'ideal')];
  return [
    ...ideal,
    ...(baseline === undefined ? [] : drawLine(baseline, axes, 'baseline')),
    ...drawLine(run, axes, 'run'),
  ];
}

const START = { seconds: 0, done: 0 } as const;

function drawLine(line: ChartLine, axes: Axes, name: string): string[] {
  if (line.points.length === 0) return [];
  const places = line.points.map(([seconds, done]) => axes.place({ seconds, done }));
  return [svgLine(places, name), svgDot(axes.place(endOf(line)), `dot-${name}`)];
}

/** The run once more at its own scale, where beside its baseline it is next to upright. */
function drawInset(chart: ThroughputChart, outer: Axes): string[] {
  const { run, baseline } = chart;
  const end = endOf(run);
  if (baseline === undefined || end.seconds <= 0) return [];
  if (endOf(baseline).seconds < end.seconds * ENLARGED_FROM) return [];
  if (crosses(baseline, outer)) return [];
  const axes = axesOf(INSET, Math.max(end.seconds, chart.idealSeconds ?? 0), end.done, [5, 3]);
  const heading = `${run.label}, enlarged (${axes.unit.name})`;
  return [
    `<rect class="card" x="${CARD.left}" y="${CARD.top}" width="${CARD.right - CARD.left}" height="${CARD.bottom - CARD.top}" rx="8"/>`,
    svgText(heading, [CARD.left + 20, CARD.top + 24]),
    ...drawAxes(INSET, axes),
    ...drawLines({ ...chart, baseline: undefined }, axes),
  ];
}

/** Whether a line that only climbs comes near the card: where it enters the card's width, or later. */
function crosses(line: ChartLine, axes: Axes): boolean {
  return line.points.some(([seconds, done]) => {
    const [x, y] = axes.place({ seconds, done });
    return x > CARD.left - CARD_DISTANCE && y > CARD.top - CARD_DISTANCE;
  });
}

function endOf({ points }: ChartLine): { readonly seconds: number; readonly done: number } {
  const [seconds, done] = points.at(-1) ?? [0, 0];
  return { seconds, done };
}

function describe({ run, baseline, idealSeconds }: ThroughputChart): string {
  const lines = baseline === undefined ? [run] : [run, baseline];
  const sentences = lines.map((line) => {
    const { seconds, done } = endOf(line);
    const note = line.note === undefined ? '' : ` (${line.note})`;
    return `${line.label}: ${formatCount(done)} jobs done after ${seconds.toFixed(2)} seconds${note}.`;
  });
  if (idealSeconds !== undefined) sentences.push(`Ideal: ${idealSeconds.toFixed(2)} seconds.`);
  return sentences.join(' ');
}
