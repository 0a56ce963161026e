/** The report of a run as a person reads it at the end. */

import { countFailed, isFailure, type Outcome, OUTCOMES } from '../shared/base/outcome.js';
import { safeText } from '../shared/base/safe-text.js';
import { KIND_NAMES, kindOf } from '../shared/kinds/kinds.js';
import { runName } from '../shared/queues/job.js';
import {
  formatCount,
  formatDuration,
  formatMilliseconds,
  formatRate,
  formatShare,
  formatSpeedUp,
} from '../shared/report/format.js';
import type { Report } from '../shared/report/report.js';

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
export function jobsText(count: number, kindName: string): string {
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
