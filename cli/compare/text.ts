/** A comparison as a person reads it at the end. */

import { runName } from '../../shared/queues/job.js';
import { formatRate, formatSpeedUp } from '../../shared/report/format.js';
import { jobsText } from '../run-text.js';
import { tableLines } from '../terminal.js';
import { barChart, hostText, throughputBars } from './charts.js';
import { atATime, comparisonGrid, type Grid, outcomesText } from './grid.js';
import type { ComparisonReport, Step } from './report.js';

export interface TextStyle {
  readonly width: number;
  /** Whether to use ASCII only. */
  readonly plain: boolean;
  /** Makes a text stand out. */
  readonly strong: (text: string) => string;
}

/** The table, the bars, the result, remarks on it, and the paths of the files. */
export function comparisonText(report: ComparisonReport, style: TextStyle): string[] {
  const bars = barChart(throughputBars(report), style);
  const remarks = remarksOf(report);
  return [
    ...gridText(comparisonGrid(report), style.width),
    ...(bars.length === 0 ? [] : ['', ...bars]),
    '',
    style.strong(headlineOf(report)),
    ...remarks,
    '',
    ...fileLines(report),
  ];
}

/** `200 comics from xkcd.com`. */
export function subjectOf(report: Pick<ComparisonReport, 'kind' | 'jobs' | 'site'>): string {
  const site = hostText(report);
  const jobs = jobsText(report.jobs, report.kind);
  return site === undefined ? jobs : `${jobs} from ${site}`;
}

function gridText({ titles, rows }: Grid, width: number): string[] {
  const columns = titles.map((title, index) => ({
    title,
    ...(index === 0 ? {} : { align: 'right' as const }),
    text: (row: readonly string[]) => row[index] ?? '',
  }));
  return tableLines(columns, rows, width);
}

function fileLines({ files, workers }: ComparisonReport): string[] {
  const lines: [string, string | null][] = [
    ['Chart', files.chart],
    ['Sweep', files.sweep],
    ['Report', files.markdown],
    ['Results', workers === 'own' ? files.directory : null],
  ];
  return lines.flatMap(([label, path]) => (path === null ? [] : [`${label.padEnd(8)} ${path}`]));
}

/** The result in one line: `35.1× as fast with 50 at a time (median of 5 passes, 33.9× to 36.2×)`. */
export function headlineOf(report: ComparisonReport): string {
  const best = bestOf(report.steps);
  if (best === undefined) return 'No speed-up could be measured';
  const where = `${formatSpeedUp(best.speedUp)} as fast with ${atATime(best.step.concurrency)}`;
  const { range, ratios } = best.step;
  if (range === null) return where;
  const [least, most] = range.map(formatSpeedUp);
  return `${where} (median of ${ratios.length} passes, ${least} to ${most})`;
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
