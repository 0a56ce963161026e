/** The figures of a comparison in rows and columns, for the terminal and for Markdown. */

import { OUTCOMES } from '../../shared/base/outcome.js';
import {
  formatCount,
  formatDuration,
  formatMilliseconds,
  formatRate,
  formatShare,
  formatSpeedUp,
} from '../../shared/report/format.js';
import type { Baseline, ComparisonReport, Step } from './report.js';

export interface Grid {
  readonly titles: readonly string[];
  /** As many cells each as there are titles; the first is a label. */
  readonly rows: readonly (readonly string[])[];
}

/** What stands where there is no figure. */
const NOTHING = '–';

/** One column each for the baseline and the run; of a sweep, one row for each concurrency. */
export function comparisonGrid({ baseline, steps }: ComparisonReport): Grid {
  const [step, ...others] = steps;
  return others.length === 0 ? sideBySide(baseline, step) : stepByStep(baseline, steps);
}

/** `50 at a time`. */
export function atATime(concurrency: number): string {
  return concurrency === 1 ? 'one at a time' : `${formatCount(concurrency)} at a time`;
}

/** `199 stored, 1 missing`; every outcome that occurred. */
export function outcomesText(outcomes: Baseline['outcomes']): string {
  const parts = OUTCOMES.flatMap((outcome) => {
    const count = outcomes[outcome] ?? 0;
    return count === 0 ? [] : [`${formatCount(count)} ${outcome}`];
  });
  return parts.length === 0 ? 'none' : parts.join(', ');
}

/** `33.9× to 36.2×`. */
export function rangeText([least, most]: readonly [number, number]): string {
  return `${formatSpeedUp(least)} to ${formatSpeedUp(most)}`;
}

function sideBySide(baseline: Baseline | null, step: Step | undefined): Grid {
  const sides = [baseline, step ?? null].filter((side) => side !== null);
  const row = (label: string, cellOf: (side: Baseline) => string): string[] => [
    label,
    ...sides.map(cellOf),
  ];
  return {
    titles: ['', ...sides.map(({ concurrency }) => atATime(concurrency))],
    rows: [
      row('wall time', wallCell),
      row('throughput', ({ throughputPerSecond: rate }) => cell(rate, formatRate)),
      ...(step === undefined ? [] : [['speed-up', '', speedUpCell(step)]]),
      row('ideal', ({ idealMs }) => cell(idealMs, formatDuration)),
      row('efficiency', efficiencyCell),
      row('fetch p50', (side) => cell(fetchMs(side, 'p50Ms'), formatMilliseconds)),
      row('fetch p95', (side) => cell(fetchMs(side, 'p95Ms'), formatMilliseconds)),
      row('fetch p99', (side) => cell(fetchMs(side, 'p99Ms'), formatMilliseconds)),
      row('active at most', ({ concurrency }) => formatCount(concurrency)),
      row(outcomesTitle(sides), ({ outcomes }) => outcomesText(outcomes)),
    ],
  };
}

function outcomesTitle([side]: readonly Baseline[]): string {
  const passes = side?.runs.length ?? 0;
  return passes > 1 ? `outcomes of ${passes}` : 'outcomes';
}

function stepByStep(baseline: Baseline | null, steps: readonly Step[]): Grid {
  const hasRange = steps.some(({ range }) => range !== null);
  const range = hasRange ? ['range'] : [];
  const row = (label: string, side: Baseline, speedUp: string, spread: string): string[] => [
    label,
    wallCell(side),
    cell(side.throughputPerSecond, bareRate),
    speedUp,
    ...(hasRange ? [spread] : []),
    efficiencyCell(side),
    cell(fetchMs(side, 'p50Ms'), formatCount),
    cell(fetchMs(side, 'p95Ms'), formatCount),
    cell(fetchMs(side, 'p99Ms'), formatCount),
  ];
  return {
    titles: ['at a time', 'wall', 'jobs/s', 'speed-up', ...range, 'effic.', ...FETCH_TITLES],
    rows: [
      ...(baseline === null ? [] : [row('baseline', baseline, '', '')]),
      ...steps.map((step) =>
        row(String(step.asked), step, speedUpCell(step), cell(step.range, briefRange)),
      ),
    ],
  };
}

const FETCH_TITLES = ['p50 ms', 'p95 ms', 'p99 ms'] as const;

function cell<Value>(value: Value | null, format: (value: Value) => string): string {
  return value === null ? NOTHING : format(value);
}

function wallCell({ wallMs }: Baseline): string {
  return cell(wallMs, formatDuration);
}

function efficiencyCell({ efficiency }: Baseline): string {
  return cell(efficiency, formatShare);
}

function speedUpCell({ speedUp }: Step): string {
  return cell(speedUp, formatSpeedUp);
}

function bareRate(perSecond: number): string {
  return formatRate(perSecond).replace(' jobs/s', '');
}

/** `33.9–36.2×`: seven more columns must fit beside it into a terminal of 80. */
function briefRange([least, most]: readonly [number, number]): string {
  return `${formatSpeedUp(least).slice(0, -1)}–${formatSpeedUp(most)}`;
}

function fetchMs({ fetch }: Baseline, share: 'p50Ms' | 'p95Ms' | 'p99Ms'): number | null {
  return fetch.count === 0 ? null : fetch[share];
}
