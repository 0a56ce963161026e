/**
 * "Jobs that did their work against elapsed seconds": a run, its baseline (dashed) and its ideal (thin). The slope
 * of a line is its throughput. The board draws it live, reports keep it as a file.
 */

import {
  drawAxes,
  type Frame,
  frameOn,
  type Labelled,
  labelled,
  linearAxis,
  type Paper,
} from './chart-axis.js';
import { chartFile, type ChartHead, FILE_PAPER, type LegendEntry } from './chart-file.js';
import { formatCount } from './format.js';
import { dot, type Place, polygon, polyline, shape, type Shape, text } from './svg.js';

/** A `ray` is a baseline that was not worked to its end, or not for these jobs: a guess. */
export type LineName = 'run' | 'baseline' | 'ray' | 'overlay' | 'ideal';

/** A point of a line; an ideal has no jobs that are active. */
export type LinePoint = readonly [seconds: number, done: number, active?: number];

export interface ChartLine {
  /** `50 at a time`. */
  readonly label: string;
  /** What the legend of a file adds: `655 jobs/s`. */
  readonly note?: string;
  readonly points: readonly LinePoint[];
}

/** A run and what it is set against. */
export interface Courses {
  /** Jobs of the run: the top of the chart, also while most are still to be done. */
  readonly jobs: number;
  readonly run: ChartLine;
  readonly baseline?: ChartLine | undefined;
  /** How one at a time would go on, where there is no such baseline. */
  readonly ray?: Ray | undefined;
  /** A second run, laid over the first. */
  readonly overlay?: ChartLine | undefined;
  /** The shortest time in which the run could have done its jobs. */
  readonly idealSeconds?: number | undefined;
  /** When a live run is expected to end: its line then climbs across the whole chart. */
  readonly expectedSeconds?: number | undefined;
}

/** A throughput, extrapolated to all jobs of a run. */
export interface Ray {
  /** The run that it was measured in. */
  readonly label: string;
  readonly perSecond: number;
}

export interface ThroughputChart extends ChartHead, Courses {}

/** `whole`: until the slowest line ends. `run`: at the scale of the run, whatever its baseline. */
export type Extent = 'whole' | 'run';

export interface DrawnLine extends ChartLine {
  readonly name: LineName;
}

/** Where everything lies. */
export interface Plot {
  readonly frame: Frame;
  /** In the order in which they are drawn: the run is on top. */
  readonly lines: readonly DrawnLine[];
  readonly x: Labelled;
  readonly y: Labelled;
  /** Of the elapsed time: `minutes`. */
  readonly unit: string;
  /** Where the axes end. */
  readonly lastSeconds: number;
  readonly lastDone: number;
  readonly place: (seconds: number, done: number) => Place;
}

interface Unit {
  readonly name: string;
  readonly seconds: number;
}

const SECONDS: Unit = { name: 'seconds', seconds: 1 };
const LONGER_UNITS: readonly Unit[] = [
  { name: 'hours', seconds: 3600 },
  { name: 'minutes', seconds: 60 },
];

/** An axis changes to a larger unit when it spans this many of it. */
const UNIT_FROM = 4;

/** Empty space beyond the last point, so that nothing is drawn on the edge. */
const AIR = 1.04;

/** Pixels that a tick's label needs. */
const TICK_WIDTH = 90;
const TICK_HEIGHT = 48;

/** A run this many times shorter than its baseline is shown once more in a file, enlarged. */
const ENLARGED_FROM = 5;

/** Where it is: below a baseline that climbs evenly to the end of the chart. */
const CARD: Paper = { left: 600, right: 928, top: 326, bottom: 504 };
const ENLARGED: Frame = { left: 656, right: 908, top: 366, bottom: 462 };
const CARD_DISTANCE = 8;

/** The chart as a file; with few or no points yet, as much of it as there is. */
export function chartSvg(chart: ThroughputChart): string {
  const plot = plotOn(FILE_PAPER, chart);
  const drawn = [...drawPlot(plot), ...drawEnlarged(chart, plot)];
  return chartFile(chart, legendOf(plot), describe(plot), drawn);
}

/** Lays the lines out on a part of a drawing. */
export function plotOn(paper: Paper, courses: Courses, extent: Extent = 'whole'): Plot {
  const { top } = spanOf(courses, extent);
  return plotIn(frameOn(paper, formatCount(top)), courses, extent);
}

/** Draws it: axes, lines and where these end. */
export function drawPlot(plot: Plot): Shape[] {
  const { frame, lines, x, y } = plot;
  const isEmpty = lines.every(({ points }) => points.length === 0);
  const middle: Place = [(frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2];
  return [
    ...drawAxes(frame, x, y),
    ...(isEmpty ? [text('no job has ended yet', middle, 'middle')] : []),
    ...lines.flatMap((line) => drawLine(plot, line)),
  ];
}

/** A legend's entries, the run first. */
export function legendOf({ lines }: Plot): LegendEntry[] {
  return lines.toReversed();
}

/** What the chart shows, in words. */
export function describe({ lines, x }: Plot): string {
  const sentences = lines.toReversed().map(({ name, label, note, points }) => {
    const [seconds, done] = points.at(-1) ?? [0, 0];
    if (name === 'ideal') return `Ideal: ${seconds.toFixed(2)} seconds.`;
    const suffix = note === undefined ? '' : ` (${note})`;
    return `${label}: ${formatCount(done)} jobs worked after ${seconds.toFixed(2)} seconds${suffix}.`;
  });
  return [`Jobs that did their work against ${x.title}.`, ...sentences].join(' ');
}

/**
 * How many jobs were done at a moment, on the straight line between the two points around it;
 * undefined after the last.
 */
export function doneAt(points: readonly LinePoint[], seconds: number): number | undefined {
  const after = points.findIndex(([at]) => at >= seconds);
  const next = points[after];
  if (next === undefined) return undefined;
  const before = points[after - 1] ?? next;
  const span = next[0] - before[0];
  return span <= 0 ? next[1] : before[1] + ((next[1] - before[1]) * (seconds - before[0])) / span;
}

/** How many jobs were active at a moment; undefined after the last point, and of an ideal. */
export function activeAt(points: readonly LinePoint[], seconds: number): number | undefined {
  return points.find(([at]) => at >= seconds)?.[2];
}

function plotIn(frame: Frame, courses: Courses, extent: Extent): Plot {
  const { seconds: end, top } = spanOf(courses, extent);
  const lastSeconds = end * AIR;
  const lastDone = top * AIR;
  const unit = LONGER_UNITS.find(({ seconds }) => end >= UNIT_FROM * seconds) ?? SECONDS;
  const x = linearAxis(
    lastSeconds / unit.seconds,
    { from: frame.left, to: frame.right },
    { wanted: Math.max(4, (frame.right - frame.left) / TICK_WIDTH), stepMin: 0 },
  );
  const y = linearAxis(
    lastDone,
    { from: frame.bottom, to: frame.top },
    { wanted: Math.max(3, (frame.bottom - frame.top) / TICK_HEIGHT), stepMin: 1 },
  );
  return {
    frame,
    lines: linesOf(courses),
    x: labelled(x, `elapsed ${unit.name}`, String),
    y: labelled(y, 'jobs that did their work', formatCount),
    unit: unit.name,
    lastSeconds,
    lastDone,
    place: (seconds, done) => [x.place(seconds / unit.seconds), y.place(done)],
  };
}

/** What the axes have to span: until the last end, up to the most jobs done. */
function spanOf(courses: Courses, extent: Extent): { seconds: number; top: number } {
  const ends = linesOf(courses)
    .filter(({ name }) => extent === 'whole' || (name !== 'baseline' && name !== 'ray'))
    .map(({ points }) => points.at(-1) ?? [0, 0]);
  const seconds = Math.max(courses.expectedSeconds ?? 0, ...ends.map(([at]) => at));
  const top = Math.max(courses.jobs, ...ends.map(([, done]) => done));
  return { seconds: seconds > 0 ? seconds : 1, top: top > 0 ? top : 1 };
}

function linesOf({ jobs, run, baseline, ray, overlay, idealSeconds }: Courses): DrawnLine[] {
  const done = run.points.at(-1)?.[1] ?? 0;
  const ideal: DrawnLine[] =
    idealSeconds === undefined || done === 0
      ? []
      : [
          {
            name: 'ideal',
            label: 'ideal',
            points: [
              [0, 0],
              [idealSeconds, done],
            ],
          },
        ];
  return [
    ...ideal,
    ...(baseline === undefined ? [] : [{ ...baseline, name: 'baseline' as const }]),
    ...(ray === undefined ? [] : [rayLine(ray, jobs)]),
    ...(overlay === undefined ? [] : [{ ...overlay, name: 'overlay' as const }]),
    { ...run, name: 'run' },
  ];
}

function rayLine({ label, perSecond }: Ray, jobs: number): DrawnLine {
  return {
    name: 'ray',
    label: `${label}, extrapolated`,
    points: [
      [0, 0],
      [jobs / perSecond, jobs],
    ],
  };
}

function drawLine(plot: Plot, { name, points }: DrawnLine): Shape[] {
  const visible = visiblePart(plot, points);
  const [end] = visible.slice(-1);
  if (end === undefined) return [];
  const places = visible.map(([seconds, done]) => plot.place(seconds, done));
  const last = plot.place(end[0], end[1]);
  const { left, bottom } = plot.frame;
  const corners: Place[] = [
    [last[0], bottom],
    [left, bottom],
  ];
  const endsHere = visible === points && name !== 'ideal' && name !== 'ray';
  return [
    ...(name === 'run' ? [polygon([...places, ...corners], 'area')] : []),
    polyline(places, `line ${name}`),
    ...(endsHere ? [dot(last, `dot ${name}`)] : []),
  ];
}

/** A line as far as it lies on the plot: beside a short run a long baseline goes on beyond it. */
function visiblePart(
  { lastSeconds, lastDone }: Plot,
  points: readonly LinePoint[],
): readonly LinePoint[] {
  const out = points.findIndex(([seconds, done]) => seconds > lastSeconds || done > lastDone);
  const beyond = points[out];
  if (beyond === undefined) return points;
  const [seconds, done] = points[out - 1] ?? [0, 0];
  const [along, up] = [beyond[0] - seconds, beyond[1] - done];
  const share = Math.min(
    along > 0 ? (lastSeconds - seconds) / along : 1,
    up > 0 ? (lastDone - done) / up : 1,
  );
  return [...points.slice(0, out), [seconds + along * share, done + up * share]];
}

/** The run once more at its own scale, where beside its baseline it is next to upright. */
function drawEnlarged({ run, baseline, idealSeconds }: Courses, outer: Plot): Shape[] {
  const [seconds, done] = run.points.at(-1) ?? [0, 0];
  const [baselineSeconds] = baseline?.points.at(-1) ?? [0];
  if (baseline === undefined || seconds <= 0) return [];
  if (baselineSeconds < seconds * ENLARGED_FROM || crossesCard(baseline, outer)) return [];
  const plot = plotIn(ENLARGED, { jobs: done, run, idealSeconds }, 'run');
  const { left, right, top, bottom } = CARD;
  const heading = `${run.label}, enlarged (${plot.unit})`;
  return [
    shape('rect', {
      class: 'card',
      x: left,
      y: top,
      width: right - left,
      height: bottom - top,
      rx: 8,
    }),
    text(heading, [left + 20, top + 24]),
    ...drawPlot({ ...plot, x: { ...plot.x, title: '' }, y: { ...plot.y, title: '' } }),
  ];
}

/** Whether a line that only climbs comes near the card: where it enters the card's width, or later. */
function crossesCard({ points }: ChartLine, { place }: Plot): boolean {
  return points.some(([seconds, done]) => {
    const [x, y] = place(seconds, done);
    return x > CARD.left - CARD_DISTANCE && y > CARD.top - CARD_DISTANCE;
  });
}
