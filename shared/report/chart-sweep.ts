/** Speed-up against concurrency: where more at a time stops helping. */

import { doublingAxis, type Axis, type Span } from './chart-axis.js';
import { svgDot, svgFile, svgLine, svgRule, svgText, type ChartTheme } from './chart-svg.js';
import { formatSpeedUp } from './format.js';

export interface SweepPoint {
  readonly concurrency: number;
  readonly speedUp: number;
  /** Smallest and largest over the passes; null with too few. */
  readonly range: readonly [number, number] | null;
}

export interface SweepChart {
  readonly title: string;
  readonly subtitle?: string;
  /** In order of concurrency. */
  readonly points: readonly SweepPoint[];
  /** Concurrency of the knee; undefined where the sweep has not reached it. */
  readonly knee?: number | undefined;
  readonly theme?: ChartTheme;
}

/** A knee is the smallest concurrency that reaches this share of the best speed-up of a sweep. */
const KNEE_SHARE = 0.9;

const WIDTH = 960;
const HEIGHT = 580;
const X: Span = { from: 64, to: 928 };
const Y: Span = { from: 518, to: 154 };
const LEGEND_Y = 102;

/** Room beyond the smallest and the largest values, so that no mark is drawn on the edge. */
const AIR = 1.35;

/**
 * The knee of a sweep: the smallest concurrency that reaches nine tenths of the best speed-up.
 * Beyond it, all further slots together buy less than a tenth. Undefined where that is the largest
 * concurrency tried: the sweep ended before its knee.
 */
export function kneeOf(points: readonly SweepPoint[]): number | undefined {
  const best = Math.max(...points.map(({ speedUp }) => speedUp));
  const sorted = points.toSorted((a, b) => a.concurrency - b.concurrency);
  const knee = sorted.find(({ speedUp }) => speedUp >= best * KNEE_SHARE);
  return knee === sorted.at(-1) ? undefined : knee?.concurrency;
}

/** Draws a sweep; both axes double evenly, so that perfect scaling is a straight line. */
export function sweepSvg(chart: SweepChart): string {
  const largest = Math.max(1, ...chart.points.map(({ concurrency }) => concurrency));
  const speedUps = chart.points.flatMap(({ speedUp, range }) => [speedUp, ...(range ?? [])]);
  const best = Math.max(1, ...speedUps);
  const x = doublingAxis(1 / AIR, largest * AIR, X);
  const y = doublingAxis(Math.min(1, ...speedUps) / AIR, best * AIR, Y);
  const drawn = [
    svgText(chart.title, [32, 42], 'title'),
    ...(chart.subtitle === undefined ? [] : [svgText(chart.subtitle, [32, 66])]),
    ...drawLegend(chart),
    ...drawAxes(x, y),
    svgText('speed-up', [X.from, Y.to - 14]),
    svgText('jobs at a time', [X.to, Y.from + 40], '', 'end'),
    ...drawProportional(Math.min(largest, best) * AIR, x, y),
    ...drawPoints(chart, x, y),
  ];
  const paper = { width: WIDTH, height: HEIGHT, title: chart.title, theme: chart.theme ?? 'auto' };
  return svgFile({ ...paper, description: describe(chart) }, drawn);
}

function drawLegend({ knee }: SweepChart): string[] {
  const entry = (x: number, name: string, label: string): string[] => [
    svgLine(
      [
        [x, LEGEND_Y],
        [x + 30, LEGEND_Y],
      ],
      name,
    ),
    svgText([label, ''], [x + 40, LEGEND_Y + 4.5]),
  ];
  const kneeKey =
    knee === undefined
      ? []
      : [
          svgDot([352, LEGEND_Y], 'ring', 7),
          svgText(['knee', 'the least for nine tenths of the best'], [368, LEGEND_Y + 4.5]),
        ];
  return [...entry(32, 'run', 'measured'), ...entry(176, 'ideal', 'in proportion'), ...kneeKey];
}

function drawAxes(x: Axis, y: Axis): string[] {
  return [
    svgRule([X.from, Y.from], [X.to, Y.from], 'axis'),
    ...y.ticks.flatMap((tick) => [
      svgRule([X.from, y.place(tick)], [X.to, y.place(tick)], 'grid'),
      svgText(`${tick}×`, [X.from - 10, y.place(tick) + 4.5], '', 'end'),
    ]),
    ...x.ticks.flatMap((tick) => [
      svgRule([x.place(tick), Y.from], [x.place(tick), Y.from + 5], 'axis'),
      svgText(String(tick), [x.place(tick), Y.from + 21], '', 'middle'),
    ]),
  ];
}

function drawProportional(end: number, x: Axis, y: Axis): string[] {
  return [
    svgLine(
      [
        [x.place(1), y.place(1)],
        [x.place(end), y.place(end)],
      ],
      'ideal',
    ),
  ];
}

function drawPoints({ points, knee }: SweepChart, x: Axis, y: Axis): string[] {
  const marks = points.flatMap(({ concurrency, speedUp, range }) => {
    const place = [x.place(concurrency), y.place(speedUp)] as const;
    const label = svgText([formatSpeedUp(speedUp), ''], [place[0] + 12, place[1] + 20]);
    const ring = concurrency === knee ? [svgDot(place, 'ring', 11)] : [];
    return [...drawRange(place[0], range, y), svgDot(place, 'dot-run', 6), ...ring, label];
  });
  const line = points.map((point) => [x.place(point.concurrency), y.place(point.speedUp)] as const);
  return [svgLine(line, 'run'), ...marks];
}

function drawRange(at: number, range: SweepPoint['range'], y: Axis): string[] {
  if (range === null) return [];
  return [svgRule([at, y.place(range[0])], [at, y.place(range[1])], 'line run')];
}

function describe({ points, knee }: SweepChart): string {
  const steps = points.map(
    ({ concurrency, speedUp }) => `${formatSpeedUp(speedUp)} with ${concurrency} at a time`,
  );
  const end = knee === undefined ? '' : ` The knee is at ${knee}.`;
  return `Speed-up over one job at a time: ${steps.join(', ')}.${end}`;
}
