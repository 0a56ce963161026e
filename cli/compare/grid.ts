/** The figures of a comparison in rows and columns, for the terminal and for Markdown. */

import {
  formatCount,
  formatDuration,
  formatMilliseconds,
  formatPerSecond,
  formatRate,
  formatShare,
  formatSpeedUp,
  formatSpeedUpRange,
} from '../../shared/report/format.js';
import { NO_FIGURE } from '../run-text.js';
import type { Baseline, ComparisonReport, Step } from './report.js';
import { atATime, outcomesText } from './text.js';

export interface Grid {
  readonly titles: readonly string[];
  /** As many cells each as there are titles; the first is a label. */
  readonly rows: readonly (readonly string[])[];
}

/** A column each for the baseline and the run; for a sweep, a row for each concurrency. */
export function comparisonGrid({ baseline, steps }: ComparisonReport): Grid {
  const [step, ...others] = steps;
  return others.length === 0 ? sideBySide(baseline, step) : stepByStep(baseline, steps);
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
    cell(side.throughputPerSecond, formatPerSecond),
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
        row(String(step.asked), step, speedUpCell(step), cell(step.range, formatSpeedUpRange)),
      ),
    ],
  };
}

const FETCH_TITLES = ['p50 ms', 'p95 ms', 'p99 ms'] as const;

function cell<Value>(value: Value | null, format: (value: Value) => string): string {
  return value === null ? NO_FIGURE : format(value);
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

function fetchMs({ fetch }: Baseline, share: 'p50Ms' | 'p95Ms' | 'p99Ms'): number | null {
  return fetch.count === 0 ? null : fetch[share];
}
