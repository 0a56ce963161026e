/** A comparison in words: its subject, its result, remarks on it. */

import { siteHost } from '../../shared/base/safe-text.js';
import { runName } from '../../shared/queues/job.js';
import {
  formatCount,
  formatDuration,
  formatPasses,
  formatRate,
  formatSpeedUp,
} from '../../shared/report/format.js';
import { jobsText, outcomeTexts } from '../run-text.js';
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

/** `199 stored, 1 missing`; every outcome that occurred. */
export function outcomesText(outcomes: Baseline['outcomes']): string {
  return outcomeTexts(outcomes).join(', ') || 'none';
}

/** The result in one line: `35.1× as fast with 50 at a time (median of 5 passes, 33.9× to 36.2×)`. */
export function headlineOf(report: ComparisonReport): string {
  const best = bestOf(report.steps);
  if (best === undefined) return 'No speed-up could be measured';
  const where = `${formatSpeedUp(best.speedUp)} as fast with ${atATime(best.step.concurrency)}`;
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
