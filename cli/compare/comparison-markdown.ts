/** A comparison as a page of Markdown, to be kept or pasted. */

import { basename } from 'node:path';
import { safeText } from '../../shared/base/safe-text.js';
import { runName } from '../../shared/queues/job.js';
import { hostText, jobCountText } from './comparison-chart.js';
import { comparisonGrid, type Grid } from './comparison-grid.js';
import { headlineOf, remarksOf } from './comparison-remarks.js';
import type { ComparisonReport } from './comparison-report.js';

/** Cells and sentences hold selections that people typed: markup in them stays text. */
export function comparisonMarkdown(report: ComparisonReport): string {
  const { chart, sweep } = report.files;
  const remarks = remarksOf(report).map((remark) => `- ${escaped(remark)}`);
  const blocks = [
    `# ${escaped(titleOf(report))}`,
    `**${escaped(headlineOf(report))}.**`,
    gridMarkdown(comparisonGrid(report)),
    ...(chart === null ? [] : [`![Jobs done against elapsed seconds](${basename(chart)})`]),
    ...(sweep === null ? [] : [`![Speed-up against concurrency](${basename(sweep)})`]),
    ...(remarks.length === 0 ? [] : [remarks.join('\n')]),
    `Measured ${report.startedAt} in ${runsText(report)}. Throughput is the jobs that did their work over the time from the first start to the last end; the speed-up is the run's throughput over its baseline's; the ideal is the larger of the longest fetch and all fetch time shared out among the jobs active at once.`,
  ];
  return `${blocks.join('\n\n')}\n`;
}

/** `200 comics from xkcd.com (1-200)`. */
function titleOf(report: ComparisonReport): string {
  const site = hostText(report);
  const from = site === undefined ? '' : ` from ${site}`;
  const selection = report.selection === '' ? '' : ` (${report.selection})`;
  return `${jobCountText(report)}${from}${selection}`;
}

function runsText({ reports }: ComparisonReport): string {
  const first = reports[0]?.run ?? 0;
  const last = reports.at(-1)?.run ?? 0;
  return first === last ? runName(first) : `${runName(first)} to ${runName(last)}`;
}

function gridMarkdown({ titles, rows }: Grid): string {
  const rule = titles.map((_, index) => (index === 0 ? '---' : '---:'));
  return [rowMarkdown(titles), `| ${rule.join(' | ')} |`, ...rows.map(rowMarkdown)].join('\n');
}

function rowMarkdown(cells: readonly string[]): string {
  return `| ${cells.map(escaped).join(' | ')} |`;
}

function escaped(text: string): string {
  return safeText(text, 500).replaceAll(/[\\`*_{}[\]<>|#]/g, String.raw`\$&`);
}
