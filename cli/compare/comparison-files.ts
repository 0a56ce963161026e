/** The files of a comparison: its document, its page, its charts. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, errorText, EXIT } from '../../shared/base/errors.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { chartSvg } from '../../shared/report/chart.js';
import { sweepSvg } from '../../shared/report/chart-sweep.js';
import { readSeries } from '../../shared/runs/series.js';
import { comparisonChart, sweepChart } from './comparison-chart.js';
import { comparisonMarkdown } from './comparison-markdown.js';
import type { ComparisonReport } from './comparison-report.js';

/**
 * Writes `report.json`, `report.md` and whatever charts there are figures for.
 *
 * @returns the report, which now names the files.
 * @throws CommandError (cannot write).
 */
export async function writeComparisonFiles(
  connection: RedisConnection,
  report: ComparisonReport,
): Promise<ComparisonReport> {
  const { directory } = report.files;
  const chart = await chartOf(connection, report);
  const sweep = sweepChart(report);
  const files = {
    ...report.files,
    chart: chart === undefined ? null : join(directory, 'chart.svg'),
    sweep: sweep === undefined ? null : join(directory, 'sweep.svg'),
  };
  const named = { ...report, files };
  await Promise.all([
    write(files.json, `${JSON.stringify(named, undefined, 2)}\n`),
    write(files.markdown, comparisonMarkdown(named)),
    ...(chart === undefined ? [] : [write(join(directory, 'chart.svg'), chart)]),
    ...(sweep === undefined ? [] : [write(join(directory, 'sweep.svg'), sweepSvg(sweep))]),
  ]);
  return named;
}

/** The files of a comparison in a directory, before any chart is drawn. */
export function comparisonFilesIn(directory: string): ComparisonReport['files'] {
  return {
    directory,
    json: join(directory, 'report.json'),
    markdown: join(directory, 'report.md'),
    chart: null,
    sweep: null,
  };
}

async function chartOf(
  connection: RedisConnection,
  report: ComparisonReport,
): Promise<string | undefined> {
  const step = report.steps.at(-1);
  const { baseline } = report;
  if (step === undefined || baseline === null) return undefined;
  const [run, base] = await Promise.all([
    readSeries(connection, step.run),
    readSeries(connection, baseline.run),
  ]);
  if (run.points.length === 0) return undefined;
  return chartSvg(comparisonChart(report, baseline, step, { run, baseline: base }));
}

async function write(path: string, content: string): Promise<void> {
  try {
    await writeFile(path, content);
  } catch (error) {
    throw new CommandError(
      EXIT.cannotWrite,
      `Cannot write ${path}: ${errorText(error)}. The runs themselves are kept: see comic-queue runs`,
      { cause: error },
    );
  }
}
