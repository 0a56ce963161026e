/** Runs in a table: for `runs` and `status`. */

import { countFailed } from '../shared/base/outcome.js';
import { runName } from '../shared/queues/job.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { formatCount, formatRate, formatShare, formatSpeedUp } from '../shared/report/format.js';
import { readReport } from '../shared/report/read-report.js';
import type { Report } from '../shared/report/report.js';
import { listRuns } from '../shared/runs/run-store.js';
import { jobsText } from './report-lines.js';
import { roughDuration } from './rough-duration.js';
import { type Column, tableLines } from './table.js';

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
  { title: 'BASELINE', align: 'right', text: ({ report }) => comparisonText(report) },
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

function comparisonText({ baseline, comparison }: Report): string {
  if (baseline) return 'baseline';
  const speedUp = comparison?.speedUp;
  return typeof speedUp === 'number' ? formatSpeedUp(speedUp) : '–';
}
