/** Speed-up against concurrency: where more at a time stops helping. */

import { doublingAxis, drawAxes, frameOn, labelled, type Paper } from './chart-axis.js';
import { chartFile, type ChartHead, FILE_PAPER, type LegendEntry } from './chart-file.js';
import { formatSpeedUp } from './format.js';
import { dot, type Place, polyline, rule, type Shape, text, textWidth } from './svg.js';

export interface SweepPoint {
  readonly concurrency: number;
  readonly speedUp: number;
  /** Smallest and largest over the passes; null with too few. */
  readonly range: readonly [number, number] | null;
}

export interface Sweep {
  /** In order of concurrency. */
  readonly points: readonly SweepPoint[];
  /** Concurrency of the knee; undefined where the sweep has not reached it. */
  readonly knee?: number | undefined;
}

export interface SweepChart extends ChartHead, Sweep {}

/** A knee is the smallest concurrency that reaches this share of the best speed-up of a sweep. */
const KNEE_SHARE = 0.9;

/** Empty space beyond the smallest and the largest values, so that no mark is drawn on the edge. */
const AIR = 1.35;

/** Below the smallest value there is its label, too. */
const LABEL_AIR = 1.7;

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

/** A sweep as a file. */
export function sweepSvg(chart: SweepChart): string {
  return chartFile(chart, sweepLegend(chart), describeSweep(chart), drawSweep(FILE_PAPER, chart));
}

/** Draws it; both axes double evenly, so that perfect scaling is a straight line. */
export function drawSweep(paper: Paper, { points, knee }: Sweep): Shape[] {
  const most = Math.max(1, ...points.map(({ concurrency }) => concurrency));
  const speedUps = points.flatMap(({ speedUp, range }) => [speedUp, ...(range ?? [])]);
  const best = Math.max(1, ...speedUps);
  const frame = frameOn(paper, '0.5×');
  const x = doublingAxis(1 / AIR, most * AIR, { from: frame.left, to: frame.right });
  const y = doublingAxis(Math.min(1, ...speedUps) / LABEL_AIR, best * AIR, {
    from: frame.bottom,
    to: frame.top,
  });
  const place = (concurrency: number, speedUp: number): Place => [
    x.place(concurrency),
    y.place(speedUp),
  ];
  const end = Math.min(most, best) * AIR;
  return [
    ...drawAxes(
      frame,
      labelled(x, 'jobs at a time', String),
      labelled(y, 'speed-up', (tick) => `${tick}×`),
    ),
    polyline([place(1, 1), place(end, end)], 'line ideal'),
    polyline(
      points.map(({ concurrency, speedUp }) => place(concurrency, speedUp)),
      'line run',
    ),
    ...points.flatMap((point) => drawMark(point, knee, place)),
    ...points.map(({ concurrency, speedUp }) => {
      const [atX, atY] = place(concurrency, speedUp);
      const label = formatSpeedUp(speedUp);
      // Beside the line, which climbs to the right; the last one still on the paper.
      const start = Math.min(atX + 8, paper.right - textWidth(label) - 4);
      return text([label, ''], [start, atY + 20]);
    }),
  ];
}

/** What the marks of the chart mean. */
export function sweepLegend({ knee }: Sweep): LegendEntry[] {
  return [
    { name: 'run', label: 'measured' },
    { name: 'ideal', label: 'in proportion' },
    ...(knee === undefined
      ? []
      : [
          { name: 'ring', label: `knee at ${knee}`, note: 'the least for nine tenths of the best' },
        ]),
  ];
}

/** What the chart shows, in words. */
export function describeSweep({ points, knee }: Sweep): string {
  const steps = points.map(
    ({ concurrency, speedUp }) => `${formatSpeedUp(speedUp)} with ${concurrency} at a time`,
  );
  const end = knee === undefined ? 'The knee has not been reached.' : `The knee is at ${knee}.`;
  return `Speed-up against concurrency: ${steps.join(', ')}. ${end}`;
}

function drawMark(
  { concurrency, speedUp, range }: SweepPoint,
  knee: number | undefined,
  place: (concurrency: number, speedUp: number) => Place,
): Shape[] {
  const at = place(concurrency, speedUp);
  return [
    ...(range === null
      ? []
      : [rule(place(concurrency, range[0]), place(concurrency, range[1]), 'whisker')]),
    dot(at, 'dot run'),
    ...(concurrency === knee ? [dot(at, 'ring', 11)] : []),
  ];
}
