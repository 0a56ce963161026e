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

/** Pixels: what a mark covers around its middle, and how far beside that a label begins. */
const MARK_RADIUS = 7;
const BESIDE = 8;

/** Pixels between the points of a line that labels keep clear of. */
const LINE_STEP = 6;

/**
 * The knee of a sweep: the smallest concurrency that reaches nine tenths of the best speed-up.
 * Beyond it, all further slots together buy less than a tenth. Undefined where that is the largest
 * concurrency tried: the sweep ended before its knee.
 */
export function kneeOf(points: readonly SweepPoint[]): number | undefined {
  const best = Math.max(...points.map(({ speedUp }) => speedUp));
  const sorted = points.toSorted((a, b) => a.concurrency - b.concurrency);
  const knee = sorted.find(({ speedUp }) => speedUp >= best * KNEE_SHARE)?.concurrency;
  // More than one step may have come to the largest concurrency.
  return knee === sorted.at(-1)?.concurrency ? undefined : knee;
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
    ...points.flatMap((point) => drawMark(point, place)),
    ...ringOf({ points, knee }).map((at) => dot(place(...at), 'ring', 11)),
    ...drawLabels(
      points.map(({ concurrency, speedUp }) => ({
        at: place(concurrency, speedUp),
        label: formatSpeedUp(speedUp),
      })),
      { ...frame, right: paper.right },
    ),
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
  place: (concurrency: number, speedUp: number) => Place,
): Shape[] {
  const at = place(concurrency, speedUp);
  return [
    ...(range === null
      ? []
      : [rule(place(concurrency, range[0]), place(concurrency, range[1]), 'whisker')]),
    dot(at, 'dot run'),
  ];
}

/** Where the knee is: of two steps at its concurrency, the one that reaches it. */
function ringOf({ points, knee }: Sweep): (readonly [concurrency: number, speedUp: number])[] {
  const [best] = points
    .filter(({ concurrency }) => concurrency === knee)
    .toSorted((a, b) => b.speedUp - a.speedUp);
  return best === undefined ? [] : [[best.concurrency, best.speedUp]];
}

interface Mark {
  readonly at: Place;
  readonly label: string;
}

/** A rectangle that is taken, by its edges. */
type Box = Paper;

/**
 * Labels the marks: below the line, which climbs to the right, else where it covers nothing. Steps may
 * lie close together, even at the same concurrency; a label without space is left out, for the
 * description holds every figure.
 */
function drawLabels(marks: readonly Mark[], within: Box): Shape[] {
  const taken = boxesOn(marks.map(({ at }) => at));
  // The last steps say most: they choose first.
  return marks.toReversed().flatMap(({ at: [x, y], label }) => {
    const width = textWidth(label);
    const right = Math.min(x + BESIDE, within.right - width - 4);
    const left = x - BESIDE - width;
    const places: readonly Place[] = [
      [right, y + 20],
      [left, y - 10],
      [right, y + 4.5],
      [left, y + 4.5],
      [left, y + 20],
      [right, y - 10],
    ];
    const free = places.find((place) => isFree(boxOf(place, width), taken, within));
    if (free === undefined) return [];
    taken.push(boxOf(free, width));
    return [text([label, ''], free)];
  });
}

/** What marks, and the line through them, cover. */
function boxesOn(marks: readonly Place[]): Box[] {
  const boxes = marks.map((place) => around(place, MARK_RADIUS));
  let from: Place | undefined;
  for (const to of marks) {
    if (from !== undefined) boxes.push(...along(from, to).map((at) => around(at, LINE_STEP / 2)));
    from = to;
  }
  return boxes;
}

/** Places on the way from one to another. */
function along([fromX, fromY]: Place, [x, y]: Place): Place[] {
  const count = Math.ceil(Math.hypot(x - fromX, y - fromY) / LINE_STEP);
  return Array.from({ length: count }, (_, step): Place => {
    const share = step / count;
    return [fromX + (x - fromX) * share, fromY + (y - fromY) * share];
  });
}

function around([x, y]: Place, radius: number): Box {
  return { left: x - radius, right: x + radius, top: y - radius, bottom: y + radius };
}

/** What a label at a place covers. */
function boxOf([x, y]: Place, width: number): Box {
  return { left: x, right: x + width, top: y - 11, bottom: y + 3 };
}

function isFree(box: Box, taken: readonly Box[], within: Box): boolean {
  const isInside =
    box.left >= within.left &&
    box.right <= within.right &&
    box.top >= within.top &&
    box.bottom <= within.bottom;
  return isInside && !taken.some((other) => overlaps(box, other));
}

function overlaps(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
