/** The story of a run, told in the logs of its job on the board. */

import type { Job } from 'bullmq';
import { formatCount, formatDuration, formatRate, formatSpeedUp } from '../shared/report/format.js';
import type { Report } from '../shared/report/report.js';

/** Writes the story once; a keeper that took over finds the old one replaced. */
export async function tellStory(job: Job, report: Report): Promise<void> {
  await job.clearLogs(0);
  for (const line of storyOf(report)) await job.log(line);
}

function storyOf(report: Report): string[] {
  return [
    `${formatCount(report.asked)} asked for, ${formatCount(report.duplicates)} duplicates, ${formatCount(report.queued)} queued in ${report.lane}`,
    `ended: ${countsOf(report.outcomes)}`,
    ...(Object.keys(report.retries).length === 0 ? [] : [`retries: ${countsOf(report.retries)}`]),
    ...speedOf(report),
    ...(report.disturbed === null ? [] : [`not used as a baseline: ${report.disturbed}`]),
  ];
}

function speedOf(report: Report): string[] {
  if (report.wallMs === null || report.throughputPerSecond === null) return [];
  const { comparison } = report;
  return [
    `${formatDuration(report.wallMs)} at concurrency ${report.concurrency}: ${formatRate(report.throughputPerSecond)}`,
    ...(comparison === null
      ? []
      : [
          comparison.speedUp === null
            ? `no speed-up: ${comparison.note ?? ''}`
            : `${formatSpeedUp(comparison.speedUp)} run-${comparison.baselineRun} (${comparison.label})`,
        ]),
  ];
}

function countsOf(counts: Readonly<Record<string, number | undefined>>): string {
  const parts = Object.entries(counts).map(([name, count]) => `${formatCount(count ?? 0)} ${name}`);
  return parts.length === 0 ? 'none' : parts.join(', ');
}
