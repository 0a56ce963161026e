/** Runs in words: the report at the end of one, the table of many, what failed. */

import { lineOfWord } from '../producer/input-file.js';
import { countFailed, isFailure, isReason, OUTCOMES, REASONS } from '../shared/base/outcome.js';
import { proposed } from '../shared/base/proposed-command.js';
import { safeText, siteHost } from '../shared/base/safe-text.js';
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
import {
  barPieces,
  type OutcomePart,
  outcomeParts,
  partsText,
} from '../shared/report/outcome-bar.js';
import { isWarmUp, shownFigures } from '../shared/report/passes.js';
import type { Report } from '../shared/report/report.js';
import type { FailedJob } from '../shared/runs/failed-jobs.js';
import type { Run } from '../shared/runs/run.js';
import { type Column, tableLines } from './terminal.js';

const REASONS_SHOWN = 4;

/** Of a longer selection the table shows the beginning. */
const SELECTION_SHOWN_MAX = 24;

/** Characters of the bar of outcomes in a report, and in a table. */
const BAR_COLUMNS = 20;
const CELL_BAR_COLUMNS = 6;

/** Stands where there is no figure. */
export const NO_FIGURE = '–';

/** What was asked, how it ended, how fast, and what to do next; every outcome, adding up. */
export function reportLines(report: Report, { plain = false } = {}): string[] {
  return [
    headline(report),
    `  ${countsText(report)}`,
    `  ${endingsText(report, plain)}`,
    ...reasonLines(report),
    ...retryLines(report),
    ...speedLines(report),
    ...nextLines(report),
  ];
}

/** A run as it stands in JSON: its report, with the name people type. */
export function runDocument(report: Report): object {
  return { name: runName(report.run), ...report };
}

/** `205 asked for, 5 duplicates, 200 queued`; `120 of 200 queued` where the others are not yet. */
export function countsText({
  asked,
  duplicates,
  queued,
  added = queued,
}: Pick<Report, 'asked' | 'duplicates' | 'queued'> & Partial<Pick<Report, 'added'>>): string {
  const inRedis = added < queued ? `${formatCount(added)} of ` : '';
  return `${formatCount(asked)} asked for, ${formatCount(duplicates)} ${duplicates === 1 ? 'duplicate' : 'duplicates'}, ${inRedis}${formatCount(queued)} queued`;
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
  const { run, title, state, queued, kind } = report;
  const { wallMs } = shownFigures(report);
  const time = wallMs === null ? '' : ` in ${formatDuration(wallMs)}`;
  const called = title === '' ? '' : ` (${safeText(title, 40)})`;
  return `${runName(run)}${called} ${state}: ${jobsText(queued, kind)}${time}`;
}

/** The bar of its outcomes, and the same in numbers. */
function endingsText(report: Report, plain: boolean): string {
  const parts = outcomeParts(report);
  return `${barText(parts, BAR_COLUMNS, plain)} ${partsText(parts)}`.trimStart();
}

function barText(parts: readonly OutcomePart[], columns: number, plain: boolean): string {
  return barPieces(parts, columns, plain)
    .map(({ text }) => text)
    .join('');
}

/** What a later run has made good of its failures. */
function retryLines({ outcomes, recovered, retriedBy }: Report): string[] {
  if (retriedBy === null) return [];
  const failed = countFailed(outcomes);
  const share = recovered >= failed ? 'all' : `${formatCount(recovered)} of them`;
  const result = recovered === 0 ? 'none of them' : share;
  return [`  ${formatCount(failed)} failed, ${result} answered by ${runName(retriedBy)}`];
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

/** An answer needs no reason, and `cancelled` is one that says nothing more. */
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

function nextLines({ run, state, outcomes, added, queued, recovered }: Report): string[] {
  const name = runName(run);
  const resume = proposed('enqueue', '--resume', name);
  if (state === 'abandoned') return [`  Resume it: ${resume}`];
  if (state === 'open' && added < queued) return [`  If its producer has stopped: ${resume}`];
  return countFailed(outcomes) > recovered
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

const runColumns = (plain: boolean): readonly Column<RunRow>[] => [
  { title: 'RUN', text: ({ report }) => nameCell(report) },
  { title: 'STATE', text: ({ report }) => report.state },
  { title: 'JOBS', align: 'right', text: ({ report }) => jobsText(report.queued, report.kind) },
  { title: 'DONE', align: 'right', text: ({ report }) => doneCell(report, plain) },
  {
    title: 'FAILED',
    align: 'right',
    text: ({ report }) => formatCount(countFailed(report.outcomes) - report.recovered),
  },
  { title: 'SPEED', align: 'right', text: ({ report }) => speedCell(report) },
  { title: 'SPEED-UP', align: 'right', spare: true, text: ({ report }) => speedUpCell(report) },
  { title: 'AGE', align: 'right', spare: true, text: ({ ageMs }) => formatRoughDuration(ageMs) },
  { title: 'SELECTION', spare: true, text: ({ report }) => selectionCell(report) },
  { title: 'SITE', spare: true, text: ({ report }) => siteCell(report) },
];

const PASSES_LEGEND = '(3): medians of 3 passes, in one row; runs --json has each run';

/**
 * The runs as a table, or how to make one where there are none. The passes of a comparison at one
 * concurrency have the same figures, and one row.
 */
export function runTableLines(
  runs: readonly RunRow[],
  { width, plain }: { readonly width: number; readonly plain: boolean },
): string[] {
  if (runs.length === 0) {
    return [`There are no runs yet. Make one: ${proposed('enqueue', 'comics', '1-200')}`];
  }
  const rows = new Map(runs.toReversed().map((run) => [rowOf(run), run]));
  const shown = runs.filter((run) => rows.get(rowOf(run)) === run);
  const lines = tableLines(runColumns(plain), shown, width);
  return shown.length === runs.length ? lines : [...lines, PASSES_LEGEND];
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
  return safeText(siteHost(site), 60) || NO_FIGURE;
}

/** The same for all runs that share a row. */
function rowOf({ report: { run, group, medians } }: RunRow): string {
  return medians === null ? String(run) : JSON.stringify([group, medians]);
}

/** `██████ 100 %`: how jobs ended, and how many of them were not given up. */
function doneCell(report: Report, plain: boolean): string {
  const { ended, queued, outcomes } = report;
  const share = formatDone(ended - (outcomes.cancelled ?? 0), queued);
  return `${barText(outcomeParts(report), CELL_BAR_COLUMNS, plain)} ${share.padStart(5)}`;
}

function speedCell(report: Report): string {
  const { throughputPerSecond } = shownFigures(report);
  return throughputPerSecond === null ? NO_FIGURE : formatRate(throughputPerSecond);
}

function speedUpCell(report: Report): string {
  const { passes } = shownFigures(report);
  const suffix = passes > 1 ? ` (${passes})` : '';
  if (report.baseline) return `baseline${suffix}`;
  if (isWarmUp(report)) return 'warm-up';
  const speedUp = report.comparison?.speedUp;
  return typeof speedUp === 'number' ? `${formatSpeedUp(speedUp)}${suffix}` : NO_FIGURE;
}

/** The reason as a comment, then the input; only the comment where there is no readable input. */
export function failedLines(run: Run, job: FailedJob): string[] {
  const comment = `# ${jobId({ run: run.number, position: job.position })} ${safeText(job.detail)}`;
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
