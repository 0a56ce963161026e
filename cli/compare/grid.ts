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
export function comparisonGrid({ baseline, steps, site }: ComparisonReport): Grid {
  const [step, ...others] = steps;
  // A kind without a site fetches nothing.
  const fetches = site !== '';
  return others.length === 0
    ? sideBySide(baseline, step, fetches)
    : stepByStep(baseline, steps, fetches);
}

function sideBySide(baseline: Baseline | null, step: Step | undefined, fetches: boolean): Grid {
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
      ...(fetches ? FETCH_SHARES : []).map(([label, share]) =>
        row(`fetch ${label}`, (side) => cell(fetchMs(side, share), formatMilliseconds)),
      ),
      row('active at most', ({ concurrency }) => formatCount(concurrency)),
      row(outcomesTitle(sides), ({ outcomes }) => outcomesText(outcomes)),
    ],
  };
}

function outcomesTitle([side]: readonly Baseline[]): string {
  const passes = side?.runs.length ?? 0;
  return passes > 1 ? `outcomes, ${passes} passes` : 'outcomes';
}

function stepByStep(baseline: Baseline | null, steps: readonly Step[], fetches: boolean): Grid {
  const hasRange = steps.some(({ range }) => range !== null);
  const range = hasRange ? ['range'] : [];
  const shares = fetches ? FETCH_SHARES : [];
  const fetchTitles = shares.map(([label]) => `${label} ms`);
  const row = (label: string, side: Baseline, speedUp: string, spread: string): string[] => [
    label,
    wallCell(side),
    cell(side.throughputPerSecond, formatPerSecond),
    speedUp,
    ...(hasRange ? [spread] : []),
    efficiencyCell(side),
    ...shares.map(([, share]) => cell(fetchMs(side, share), formatCount)),
  ];
  return {
    titles: ['at a time', 'wall', 'jobs/s', 'speed-up', ...range, 'effic.', ...fetchTitles],
    rows: [
      ...(baseline === null ? [] : [row('baseline', baseline, '', '')]),
      ...steps.map((step) =>
        row(String(step.asked), step, speedUpCell(step), cell(step.range, formatSpeedUpRange)),
      ),
    ],
  };
}

const FETCH_SHARES = [
  ['p50', 'p50Ms'],
  ['p95', 'p95Ms'],
  ['p99', 'p99Ms'],
] as const;

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
