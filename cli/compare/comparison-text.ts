/** A comparison as a person reads it at the end. */

import { barChart } from '../../shared/report/chart-bars.js';
import { tableLines } from '../table.js';
import { jobCountText, hostText, throughputBars } from './comparison-chart.js';
import { comparisonGrid, type Grid } from './comparison-grid.js';
import { headlineOf, remarksOf } from './comparison-remarks.js';
import type { ComparisonReport } from './comparison-report.js';

export interface TextStyle {
  readonly width: number;
  /** Whether to do with ASCII alone. */
  readonly plain: boolean;
  /** Makes a text stand out. */
  readonly strong: (text: string) => string;
}

/** The table, the bars, the result, what is to be said about it, and where the files are. */
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
  return site === undefined ? jobCountText(report) : `${jobCountText(report)} from ${site}`;
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
