/** Runs in words: the report at the end of one, the table of many, what failed. */

import { lineOfWord } from '../producer/input-file.js';
import { countFailed, isFailure, isReason, OUTCOMES, REASONS } from '../shared/base/outcome.js';
import { proposed } from '../shared/base/proposed-command.js';
import { safeText } from '../shared/base/safe-text.js';
import { kindOf, nounOf } from '../shared/kinds/kinds.js';
import { jobId, runName } from '../shared/queues/job.js';
import {
  formatCount,
  formatDone,
  formatDuration,
  formatEstimatedSpeedUp,
  formatMilliseconds,
  formatPasses,
  formatRate,
  formatRoughDuration,
  formatShare,
  formatSpeedUp,
} from '../shared/report/format.js';
import { isWarmUp, shownFigures } from '../shared/report/passes.js';
import type { Report } from '../shared/report/report.js';
import type { FailedJob } from '../shared/runs/failed-jobs.js';
import type { Run } from '../shared/runs/run.js';
import { type Column, tableLines } from './terminal.js';

const REASONS_SHOWN = 4;

/** Of a longer selection the table shows the beginning. */
const SELECTION_SHOWN_MAX = 24;

/** Stands where there is no figure. */
export const NO_FIGURE = '–';

/** What was asked, how it ended, how fast, and what to do next; every outcome, adding up. */
export function reportLines(report: Report): string[] {
  return [
    headline(report),
    `  ${countsText(report)}`,
    `  ${endingsText(report)}`,
    ...reasonLines(report),
    ...speedLines(report),
    ...nextLines(report),
  ];
}

/** A run as it stands in JSON: its report, with the name people type. */
export function runDocument(report: Report): object {
  return { name: runName(report.run), ...report };
}

/** `205 asked for, 5 duplicates, 200 queued`. */
export function countsText({
  asked,
  duplicates,
  queued,
}: Pick<Report, 'asked' | 'duplicates' | 'queued'>): string {
  return `${formatCount(asked)} asked for, ${formatCount(duplicates)} ${duplicates === 1 ? 'duplicate' : 'duplicates'}, ${formatCount(queued)} queued`;
}

/** `200 comics`, `1 search`. */
export function jobsText(count: number, kindName: string): string {
  return `${formatCount(count)} ${nounOf(kindName, count)}`;
}

/** `199 stored` and `1 missing`: every outcome that occurred, in the order of the table. */
export function outcomeTexts(outcomes: Report['outcomes']): string[] {
  return OUTCOMES.flatMap((outcome) => {
    const count = outcomes[outcome] ?? 0;
    return count === 0 ? [] : [`${formatCount(count)} ${outcome}`];
  });
}

/** Jobs of a run that did not get what was asked for, those given up with it included. */
export function failuresOf({ outcomes }: Pick<Report, 'outcomes'>): number {
  return OUTCOMES.filter(isFailure).reduce((sum, outcome) => sum + (outcomes[outcome] ?? 0), 0);
}

function headline(report: Report): string {
  const { run, title, state, queued, kind, wallMs } = report;
  const time = wallMs === null ? '' : ` in ${formatDuration(wallMs)}`;
  const called = title === '' ? '' : ` (${safeText(title, 40)})`;
  return `${runName(run)}${called} ${state}: ${jobsText(queued, kind)}${time}`;
}

function endingsText({ outcomes, queued, ended, fetch }: Report): string {
  const parts = outcomeTexts(outcomes);
  const open = queued - ended;
  if (open > 0) parts.push(`${formatCount(open)} not ended`);
  if ((outcomes.kept ?? 0) > 0) parts.push(`${formatCount(fetch.count)} fetched`);
  return parts.length === 0 ? 'nothing ended' : parts.join(', ');
}

function reasonLines({ reasons }: Report): string[] {
  const telling = Object.entries(reasons).filter(([reason]) => saysMoreThanOutcome(reason));
  if (telling.length === 0) return [];
  const shown = telling
    .slice(0, REASONS_SHOWN)
    .map(([reason, count]) => `${formatCount(count)} ${safeText(reason, 40)}`);
  const more = telling.length > REASONS_SHOWN ? ', …' : '';
  return [`  because: ${shown.join(', ')}${more}`];
}

/** An answer needs no reason, and `cancelled` has no other than itself. */
function saysMoreThanOutcome(reason: string): boolean {
  if (!isReason(reason)) return true;
  const { outcome, reaction } = REASONS[reason];
  return reaction !== 'complete' && outcome !== reason;
}

function speedLines(report: Report): string[] {
  const { fetch, baseline } = report;
  const shown = shownFigures(report);
  const { throughputPerSecond: rate, concurrency, efficiency, passes } = shown;
  if (rate === null) return [];
  const median = passes > 1 ? `, ${formatPasses(shown, null)}` : '';
  const lines = [
    `  ${formatRate(rate)} at concurrency ${concurrency}${baseline ? ` (baseline${median})` : ''}`,
    ...comparisonLines(report),
  ];
  if (fetch.count > 0) {
    const share = efficiency === null ? '' : `, efficiency ${formatShare(efficiency)}`;
    lines.push(
      `  each took ${formatMilliseconds(fetch.p50Ms)} (p50), ${formatMilliseconds(fetch.p95Ms)} (p95), ${formatMilliseconds(fetch.p99Ms)} (p99)${share}`,
    );
  }
  return lines;
}

/** The speed-up with what it rests on, or why there is none. */
function comparisonLines(report: Report): string[] {
  const { comparison, state } = report;
  if (isWarmUp(report)) return ['  a warm-up: not measured'];
  if (comparison === null) return [];
  const { speedUp, estimate, range, note } = comparison;
  const baseline = runName(comparison.baselineRun);
  if (speedUp === null) {
    const guess = estimate === null ? '' : `; ${formatEstimatedSpeedUp(estimate)}`;
    return [`  no speed-up over ${baseline}: ${note ?? 'no figure'}${guess}`];
  }
  const isOver = state !== 'open' && state !== 'sealed';
  const basis = isOver ? formatPasses(shownFigures(report), range) : 'so far';
  return [`  ${formatSpeedUp(speedUp)} the baseline, ${baseline} (${basis})`];
}

function nextLines({ run, state, outcomes }: Report): string[] {
  const name = runName(run);
  if (state === 'abandoned') {
    return [`  Resume it: ${proposed('enqueue', '--resume', name)}`];
  }
  return countFailed(outcomes) > 0
    ? [
        `  See what failed: ${proposed('failed', name)}`,
        `  Try it again: ${proposed('retry', name)}`,
      ]
    : [];
}

/** A run with its report and how long ago it was made. */
export interface RunRow {
  readonly report: Report;
  readonly ageMs: number;
}

const RUN_COLUMNS: readonly Column<RunRow>[] = [
  { title: 'RUN', text: ({ report }) => nameCell(report) },
  { title: 'STATE', text: ({ report }) => report.state },
  { title: 'JOBS', align: 'right', text: ({ report }) => jobsText(report.queued, report.kind) },
  { title: 'DONE', align: 'right', text: ({ report }) => doneCell(report) },
  {
    title: 'FAILED',
    align: 'right',
    text: ({ report }) => formatCount(countFailed(report.outcomes)),
  },
  { title: 'SPEED', align: 'right', text: ({ report }) => speedCell(report) },
  { title: 'BASELINE', align: 'right', text: ({ report }) => speedUpCell(report) },
  { title: 'AGE', align: 'right', text: ({ ageMs }) => formatRoughDuration(ageMs) },
  { title: 'SELECTION', text: ({ report }) => selectionCell(report) },
  { title: 'SITE', text: ({ report }) => siteCell(report) },
];

/** The runs as a table, or how to make one where there are none. */
export function runTableLines(runs: readonly RunRow[], width: number): string[] {
  return runs.length === 0
    ? [`There are no runs yet. Make one: ${proposed('enqueue', 'comics', '1-200')}`]
    : tableLines(RUN_COLUMNS, runs, width);
}

function nameCell({ run, title }: Report): string {
  return title === '' ? runName(run) : `${runName(run)} ${safeText(title, 40)}`;
}

/** A selection that is too long to be kept is none. */
function selectionCell({ selection }: Report): string {
  return selection === '' ? NO_FIGURE : safeText(selection, SELECTION_SHOWN_MAX);
}

/** The host alone: the template is in the JSON. */
function siteCell({ site }: Report): string {
  return URL.canParse(site) ? safeText(new URL(site).host, 60) : NO_FIGURE;
}

function doneCell({ ended, queued, outcomes }: Report): string {
  return formatDone(ended - (outcomes.cancelled ?? 0), queued);
}

function speedCell({ throughputPerSecond }: Report): string {
  return throughputPerSecond === null ? NO_FIGURE : formatRate(throughputPerSecond);
}

function speedUpCell({ baseline, comparison }: Report): string {
  if (baseline) return 'baseline';
  const speedUp = comparison?.speedUp;
  return typeof speedUp === 'number' ? formatSpeedUp(speedUp) : NO_FIGURE;
}

/** The reason as a comment, then the input; only the comment where there is no readable input. */
export function failedLines(run: Run, job: FailedJob): string[] {
  const comment = `# ${jobId({ run: run.number, position: job.position })} ${safeText(job.detail || job.reason)}`;
  return job.input === undefined
    ? [comment]
    : [comment, lineOfWord(kindOf(run.kind).format(job.input))];
}

/** A failed job as a JSON document. */
export function failedDocument(run: Run, job: FailedJob): object {
  return {
    job: jobId({ run: run.number, position: job.position }),
    input: job.input ?? null,
    reason: job.reason,
    detail: job.detail,
  };
}
