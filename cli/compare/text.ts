/**
 * A comparison in words: its subject, its result, remarks on it; and its figures in rows and columns, for
 * the terminal and for Markdown.
 */

import { siteHost } from '../../shared/base/safe-text.js';
import { runName } from '../../shared/queues/job.js';
import {
  formatCount,
  formatDuration,
  formatMilliseconds,
  formatPasses,
  formatPerSecond,
  formatRate,
  formatShare,
  formatSpeedUp,
  formatSpeedUpRange,
} from '../../shared/report/format.js';
import { jobsText, NO_FIGURE, outcomeTexts } from '../run-text.js';
import type { Baseline, ComparisonReport, Step } from './report.js';

/** `200 comics from xkcd.com`. */
export function subjectOf(report: Pick<ComparisonReport, 'kind' | 'jobs' | 'site'>): string {
  const site = siteHost(report.site);
  const jobs = jobsText(report.jobs, report.kind);
  return site === '' ? jobs : `${jobs} from ${site}`;
}

/** `50 at a time`. */
export function atATime(concurrency: number): string {
  return concurrency === 1 ? 'one at a time' : `${formatCount(concurrency)} at a time`;
}

/**
 * What tells a step from the baseline: how many were at work at once, by observation; where that was one, how
 * many were asked for.
 */
export function stepLabel({ asked, concurrency }: Pick<Step, 'asked' | 'concurrency'>): string {
  return concurrency === 1 ? `up to ${formatCount(asked)} at a time` : atATime(concurrency);
}

/** `199 stored, 1 missing`; every outcome that occurred. */
function outcomesText(outcomes: Baseline['outcomes']): string {
  return outcomeTexts(outcomes).join(', ') || 'none';
}

/** The result in one line: `35.1× as fast with 50 at a time (median of 5 passes, 33.9× to 36.2×)`. */
export function headlineOf(report: ComparisonReport): string {
  const best = bestOf(report.steps);
  if (best === undefined) return 'No speed-up could be measured';
  const where = `${formatSpeedUp(best.speedUp)} as fast with ${stepLabel(best.step)}`;
  const { range, runs } = best.step;
  return `${where} (${formatPasses({ passes: runs.length, warmUp: report.warmUp }, range)})`;
}

/** Reasons, limits and surprises; empty when there are none. */
export function remarksOf(report: ComparisonReport): string[] {
  const { steps, interruption, ratePerSecond, knee } = report;
  return [
    ...(interruption === null ? [] : [`It ended early: ${interruption}.`]),
    ...steps.flatMap(noteRemark),
    ...steps.flatMap((step) => fewerRemark(step)),
    ...(ratePerSecond === null
      ? []
      : [`The site's rate was limited to ${formatRate(ratePerSecond)} all the time.`]),
    ...(knee === null
      ? []
      : [`The knee is at ${knee}: more at a time buys less than a tenth of the best speed-up.`]),
    ...outlierRemarks(report),
    ...pauseRemark(report),
    ...workerRemark(report),
    ...(steps.length > 1 ? outcomeRemark(report) : []),
  ];
}

/** The step with the best speed-up, if any has one. */
export function bestOf(
  steps: readonly Step[],
): { readonly step: Step; readonly speedUp: number } | undefined {
  const measured = steps.flatMap((step) =>
    step.speedUp === null ? [] : [{ step, speedUp: step.speedUp }],
  );
  return measured.toSorted((a, b) => b.speedUp - a.speedUp)[0];
}

function noteRemark({ note, asked }: Step): string[] {
  return note === null ? [] : [`No speed-up with ${atATime(asked)}: ${note}.`];
}

function fewerRemark({ asked, concurrency }: Step): string[] {
  return concurrency >= asked
    ? []
    : [`${atATime(asked)} were asked for; at most ${concurrency} were active at once.`];
}

/** Passes that took far longer, or less long, than the rest, and what to do; empty where there are none. */
export function outlierRemarks(report: ComparisonReport): string[] {
  const { baseline, steps } = report;
  return [
    ...(baseline === null ? [] : outlierRemark('one at a time', baseline, report)),
    ...steps.flatMap((step) => outlierRemark(atATime(step.asked), step, report)),
  ];
}

function outlierRemark(
  label: string,
  { outliers, wallMs, runs }: Baseline,
  { reports, warmUp, site }: ComparisonReport,
): string[] {
  if (outliers.length === 0 || wallMs === null) return [];
  const passes = reports.filter(({ run, pass }) => runs.includes(run) && outliers.includes(pass));
  const times = passes.map((one) => `pass ${one.pass} took ${formatDuration(one.wallMs ?? 0)}`);
  const isCold = outliers[0] === 1 && !warmUp && site !== '';
  return [
    `Outliers, ${label}: ${times.join(', ')}, the median ${formatDuration(wallMs)}. ${isCold ? COLD_ADVICE : QUIET_ADVICE}`,
  ];
}

const QUIET_ADVICE =
  'Measure again when nothing else is at work on this machine, the network and the site.';

const COLD_ADVICE =
  'Leave --no-warm-up out: a run that is not measured fills the caches and compiles the code first.';

function pauseRemark({ reports }: ComparisonReport): string[] {
  const paused = reports.filter(({ retries }) => (retries['throttled'] ?? 0) > 0);
  return paused.length === 0
    ? []
    : [
        `The site asked to be left alone during ${paused.map(({ run }) => runName(run)).join(', ')}: the wall time holds that pause.`,
      ];
}

function workerRemark({ workers, reports }: ComparisonReport): string[] {
  const most = Math.max(0, ...reports.filter(({ baseline }) => baseline).map((one) => one.workers));
  return workers === 'connected' && most > 1
    ? [`The baseline was worked by ${most} workers in turn, which costs it at most 2.4 %.`]
    : [];
}

function outcomeRemark({ baseline, steps }: ComparisonReport): string[] {
  const sides = [
    ...(baseline === null ? [] : [{ label: 'baseline', outcomes: baseline.outcomes }]),
    ...steps.map(({ asked, outcomes }) => ({ label: atATime(asked), outcomes })),
  ].map(({ label, outcomes }) => ({ label, text: outcomesText(outcomes) }));
  const [only, ...others] = new Set(sides.map(({ text }) => text));
  return others.length === 0 && only !== undefined
    ? [`Outcomes of each step: ${only}.`]
    : [`Outcomes: ${sides.map(({ label, text }) => `${label}: ${text}`).join('; ')}.`];
}

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
    titles: [
      '',
      ...(baseline === null ? [] : [atATime(1)]),
      ...(step === undefined ? [] : [stepLabel(step)]),
    ],
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
