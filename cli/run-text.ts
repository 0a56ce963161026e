/** The report of a run as a person reads it at the end. */

import type { Cancelled } from '../producer/cancel.js';
import { lineOfWord } from '../producer/plan.js';
import { countFailed, isFailure, type Outcome, OUTCOMES } from '../shared/base/outcome.js';
import { safeText } from '../shared/base/safe-text.js';
import { KIND_NAMES, kindOf } from '../shared/kinds/kinds.js';
import { jobId, runName } from '../shared/queues/job.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import {
  formatCount,
  formatDuration,
  formatMilliseconds,
  formatRate,
  formatShare,
  formatSpeedUp,
} from '../shared/report/format.js';
import { readReport } from '../shared/report/read-report.js';
import type { Report } from '../shared/report/report.js';
import type { FailedJob } from '../shared/runs/failed-jobs.js';
import { listRuns } from '../shared/runs/run-store.js';
import type { Run } from '../shared/runs/run.js';
import { type Column, tableLines } from './terminal.js';

const REASONS_SHOWN = 4;

/** What was asked, how it ended, how fast, and what to do next; every outcome, adding up. */
export function reportLines(report: Report): string[] {
  return [
    headline(report),
    `  ${countsText(report)}`,
    `  ${outcomesText(report)}`,
    ...reasonLines(report),
    ...speedLines(report),
    ...nextLines(report),
  ];
}

/** `205 asked for, 5 duplicates, 200 queued`. */
export function countsText({ asked, duplicates, queued }: Report | Counts): string {
  return `${formatCount(asked)} asked for, ${formatCount(duplicates)} ${duplicates === 1 ? 'duplicate' : 'duplicates'}, ${formatCount(queued)} queued`;
}

interface Counts {
  readonly asked: number;
  readonly duplicates: number;
  readonly queued: number;
}

/** Jobs of a run that did not get what was asked for. */
export function failuresOf({ outcomes }: Pick<Report, 'outcomes'>): number {
  return OUTCOMES.filter(isFailure).reduce((sum, outcome) => sum + (outcomes[outcome] ?? 0), 0);
}

/** `200 comics`. */
function jobsText(count: number, kindName: string): string {
  const name = KIND_NAMES.find((one) => one === kindName);
  return `${formatCount(count)} ${name === undefined ? kindName : kindOf(name).plural}`;
}

function headline(report: Report): string {
  const { run, state, queued, kind, wallMs } = report;
  const time = wallMs === null ? '' : ` in ${formatDuration(wallMs)}`;
  return `${runName(run)} ${state}: ${jobsText(queued, kind)}${time}`;
}

function outcomesText({ outcomes, queued, ended, fetch }: Report): string {
  const parts = OUTCOMES.filter((outcome) => (outcomes[outcome] ?? 0) > 0).map(
    (outcome: Outcome) => `${formatCount(outcomes[outcome] ?? 0)} ${outcome}`,
  );
  const open = queued - ended;
  if (open > 0) parts.push(`${formatCount(open)} not ended`);
  if ((outcomes.kept ?? 0) > 0) parts.push(`${formatCount(fetch.count)} fetched`);
  return parts.length === 0 ? 'nothing ended' : parts.join(', ');
}

function reasonLines({ reasons, outcomes }: Report): string[] {
  const telling = Object.entries(reasons).filter(
    ([reason]) => !(reason in outcomes) && reason !== 'not-found',
  );
  if (telling.length === 0) return [];
  const shown = telling
    .slice(0, REASONS_SHOWN)
    .map(([reason, count]) => `${formatCount(count)} ${safeText(reason, 40)}`);
  const more = telling.length > REASONS_SHOWN ? ', …' : '';
  return [`  because: ${shown.join(', ')}${more}`];
}

function speedLines(report: Report): string[] {
  const { throughputPerSecond, concurrency, comparison, fetch, efficiency, baseline } = report;
  if (throughputPerSecond === null) return [];
  const lines = [
    `  ${formatRate(throughputPerSecond)} at concurrency ${concurrency}${baseline ? ' (baseline)' : ''}${comparisonText(comparison)}`,
  ];
  if (fetch.count > 0) {
    const share = efficiency === null ? '' : `, efficiency ${formatShare(efficiency)}`;
    lines.push(
      `  each took ${formatMilliseconds(fetch.p50Ms)} (p50), ${formatMilliseconds(fetch.p95Ms)} (p95), ${formatMilliseconds(fetch.p99Ms)} (p99)${share}`,
    );
  }
  return lines;
}

function comparisonText(comparison: Report['comparison']): string {
  if (comparison === null) return '';
  const { speedUp, baselineRun, label, note } = comparison;
  const where = label === 'same selection' ? '' : `, ${label}`;
  return speedUp === null
    ? `, not compared with ${runName(baselineRun)}: ${note ?? 'no figure'}`
    : `, ${formatSpeedUp(speedUp)} the baseline (${runName(baselineRun)}${where})`;
}

function nextLines(report: Report): string[] {
  const name = runName(report.run);
  if (report.state === 'abandoned') {
    return [`  Go on adding: comic-queue enqueue --resume ${name}`];
  }
  return countFailed(report.outcomes) > 0
    ? [`  See what failed: comic-queue failed ${name}; try it again: comic-queue retry ${name}`]
    : [];
}

/** A run with its report and how long ago it was made. */
export interface ListedRun {
  readonly report: Report;
  readonly ageMs: number;
}

/** The newest runs, newest first. */
export async function readListedRuns(
  connection: RedisConnection,
  limit: number,
  nowMs: number,
): Promise<ListedRun[]> {
  const runs = await listRuns(connection, { limit });
  return Promise.all(
    runs.map(async (run) => ({
      report: await readReport(connection, run),
      ageMs: nowMs - run.createdAtMs,
    })),
  );
}

const COLUMNS: readonly Column<ListedRun>[] = [
  { title: 'RUN', text: ({ report }) => runName(report.run) },
  { title: 'STATE', text: ({ report }) => report.state },
  { title: 'JOBS', align: 'right', text: ({ report }) => jobsText(report.queued, report.kind) },
  { title: 'DONE', align: 'right', text: ({ report }) => shareText(report) },
  {
    title: 'FAILED',
    align: 'right',
    text: ({ report }) => formatCount(countFailed(report.outcomes)),
  },
  { title: 'SPEED', align: 'right', text: ({ report }) => speedText(report) },
  { title: 'BASELINE', align: 'right', text: ({ report }) => runTableComparisonText(report) },
  { title: 'AGE', align: 'right', text: ({ ageMs }) => roughDuration(ageMs) },
];

/** The table's lines, its titles first. */
export function runTableLines(runs: readonly ListedRun[], width: number): string[] {
  return tableLines(COLUMNS, runs, width);
}

/** A run as it stands in JSON: its report, with the name people type. */
export function runDocument(report: Report): object {
  return { name: runName(report.run), ...report };
}

function shareText({ ended, queued, outcomes }: Report): string {
  if (queued === 0) return formatShare(1);
  const done = ended - (outcomes.cancelled ?? 0);
  // Rounded down: 100 % means that nothing is left.
  return `${Math.floor((done / queued) * 100)} %`;
}

function speedText({ throughputPerSecond }: Report): string {
  return throughputPerSecond === null ? '–' : formatRate(throughputPerSecond);
}

function runTableComparisonText({ baseline, comparison }: Report): string {
  if (baseline) return 'baseline';
  const speedUp = comparison?.speedUp;
  return typeof speedUp === 'number' ? formatSpeedUp(speedUp) : '–';
}

/** Says how much was done and how much will not be. */
export function cancelledText({ run, done, left, ended, workers }: Cancelled): string {
  const name = runName(run.number);
  if (run.state !== 'cancelled') return `${name} had ${run.state} before: nothing to cancel.`;
  const counts = `${formatCount(done)} jobs had ended, ${formatCount(left)} will not be done.`;
  if (ended) return `${name} is cancelled: ${counts}`;
  const end =
    workers === 0
      ? 'A worker will end it as soon as one is connected.'
      : 'It ends when the jobs under way have.';
  return `${name} is cancelled: ${counts} ${end}`;
}

/** The reason as a comment, then the input; only the comment where there is no readable input. */
export function failedLines(run: Run, job: FailedJob): string[] {
  const comment = `# ${jobId({ run: run.number, position: job.position })} ${safeText(job.detail || job.reason)}`;
  return job.input === undefined
    ? [comment]
    : [comment, lineOfWord(kindOf(run.kind).format(job.input))];
}

/** The same as a JSON document. */
export function failedDocument(run: Run, job: FailedJob): object {
  return {
    job: jobId({ run: run.number, position: job.position }),
    input: job.input ?? null,
    reason: job.reason,
    detail: job.detail,
  };
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const;

/** Two of a unit are needed before it is used: 90 minutes say more than 1 hour. */
const FEWEST = 2;

/** `45 s`, `12 min`, `24 h`, `3 d`; never less than a second. */
export function roughDuration(ms: number): string {
  const [unit, unitMs] = UNITS.find(([, one]) => ms >= FEWEST * one) ?? ['s', 1000];
  return `${Math.max(1, Math.round(ms / unitMs))} ${unit}`;
}
