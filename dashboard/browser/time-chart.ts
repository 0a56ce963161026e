/** "Jobs done against elapsed seconds": where everything lies. Drawing it is another file's. */

import { linearAxis, type Axis } from '../../shared/report/chart-axis.js';
import { formatCount } from '../../shared/report/format.js';
import type { PanelView, RunView } from '../api/panel-view.js';

/** `whole`: until the slowest line ends. `run`: the run alone, at its own scale. */
export type Extent = 'whole' | 'run';

export interface Paper {
  readonly width: number;
  readonly height: number;
}

export interface Line {
  readonly name: 'run' | 'baseline' | 'overlay' | 'ideal';
  readonly label: string;
  /** `[elapsed seconds, jobs done, jobs active]`; an ideal has no jobs that are active. */
  readonly points: readonly LinePoint[];
}

type LinePoint = readonly [seconds: number, done: number, active?: number];

export interface Tick {
  readonly at: number;
  readonly label: string;
}

export interface TimeChart {
  readonly paper: Paper;
  readonly plot: Plot;
  readonly lines: readonly Line[];
  readonly x: { readonly ticks: readonly Tick[]; readonly title: string };
  readonly y: { readonly ticks: readonly Tick[]; readonly title: string };
  /** Where a point lies on the paper. */
  readonly place: (seconds: number, done: number) => readonly [number, number];
  readonly lastSeconds: number;
}

export interface Plot {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

interface Unit {
  readonly name: string;
  readonly seconds: number;
}

const UNITS: readonly Unit[] = [
  { name: 'hours', seconds: 3600 },
  { name: 'minutes', seconds: 60 },
  { name: 'seconds', seconds: 1 },
];

/** An axis changes to a larger unit when it spans this many of it. */
const UNIT_FROM = 4;

/** Room beyond the last point, so that nothing is drawn on the edge. */
const AIR = 1.04;

/** Room of one tick's label, in pixels. */
const TICK_WIDTH = 90;
const TICK_HEIGHT = 56;

/** Lays out the lines of a run, its baseline, its ideal and the run laid over it. */
export function timeChartOf(view: PanelView, extent: Extent, paper: Paper): TimeChart {
  const lines = linesOf(view);
  const shown = extent === 'run' ? lines.filter(({ name }) => name !== 'baseline') : lines;
  const lastSeconds = Math.max(expectedSeconds(view.run), ...shown.map(endSeconds)) || 1;
  const jobs = Math.max(view.run?.report.queued ?? 1, ...shown.map(endDone));
  const plot = plotOf(paper, formatCount(jobs));
  const unit = UNITS.find(({ seconds }) => lastSeconds >= UNIT_FROM * seconds) ?? UNITS[2];
  const seconds = unit?.seconds ?? 1;
  const x = linearAxis(
    (lastSeconds / seconds) * AIR,
    { from: plot.left, to: plot.right },
    { wanted: Math.max(2, (plot.right - plot.left) / TICK_WIDTH), stepMin: 0 },
  );
  const y = linearAxis(
    jobs * AIR,
    { from: plot.bottom, to: plot.top },
    { wanted: Math.max(2, (plot.bottom - plot.top) / TICK_HEIGHT), stepMin: 1 },
  );
  return {
    paper,
    plot,
    lines,
    x: { ticks: ticksOf(x, String), title: `elapsed ${unit?.name ?? 'seconds'}` },
    y: { ticks: ticksOf(y, formatCount), title: 'jobs done' },
    place: (at, done) => [x.place(at / seconds), y.place(done)],
    lastSeconds: lastSeconds * AIR,
  };
}

/** How many jobs a line had done by a moment; undefined after its end. */
export function doneAt({ points }: Line, seconds: number): number | undefined {
  const after = points.findIndex(([at]) => at >= seconds);
  const next = points[after];
  if (next === undefined) return undefined;
  const before = points[after - 1] ?? next;
  const span = next[0] - before[0];
  return span <= 0 ? next[1] : before[1] + ((next[1] - before[1]) * (seconds - before[0])) / span;
}

/** How many jobs of a line were active at a moment; undefined after its end. */
export function activeAt({ points }: Line, seconds: number): number | undefined {
  return points.find(([at]) => at >= seconds)?.[2];
}

function linesOf({ run, baseline, overlay }: PanelView): Line[] {
  if (run === null) return [];
  const lines: Line[] = [];
  const ideal = idealLine(run);
  if (ideal !== undefined) lines.push(ideal);
  if (baseline !== null) {
    lines.push(courseOf(baseline, 'baseline', `baseline run-${baseline.report.run}`));
  }
  if (overlay !== null) lines.push(courseOf(overlay, 'overlay', `run-${overlay.report.run}`));
  lines.push(courseOf(run, 'run', `run-${run.report.run}`));
  return lines;
}

function courseOf(run: RunView, name: Line['name'], label: string): Line {
  const { points } = run;
  const last = points.at(-1);
  // A live run that stands still goes on in time: its line grows to the right.
  const now = run.elapsedSeconds ?? 0;
  const silent = last !== undefined && now > last[0];
  return { name, label, points: silent ? [...points, [now, last[1], last[2]]] : points };
}

function idealLine({ report, points }: RunView): Line | undefined {
  const done = points.at(-1)?.[1] ?? 0;
  if (report.idealMs === null || done === 0) return undefined;
  return {
    name: 'ideal',
    label: 'ideal',
    points: [
      [0, 0],
      [report.idealMs / 1000, done],
    ],
  };
}

/** Until when a live run is expected to last: its line then climbs across the whole chart. */
function expectedSeconds(run: RunView | null): number {
  if (run === null || run.elapsedSeconds === null) return 0;
  return run.elapsedSeconds + (run.remainingMs ?? 0) / 1000;
}

function endSeconds({ points }: Line): number {
  return points.at(-1)?.[0] ?? 0;
}

function endDone({ points }: Line): number {
  return points.at(-1)?.[1] ?? 0;
}

function plotOf({ width, height }: Paper, widestLabel: string): Plot {
  return {
    left: Math.max(28, widestLabel.length * 7.5 + 14),
    right: width - 12,
    top: 22,
    bottom: height - 40,
  };
}

function ticksOf(axis: Axis, format: (value: number) => string): Tick[] {
  return axis.ticks.map((tick) => ({ at: axis.place(tick), label: format(tick) }));
}
