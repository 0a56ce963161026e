/** The files of a comparison: its document, its page, its charts. */

import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CommandError, errorText, EXIT } from '../../shared/base/errors.js';
import { proposed } from '../../shared/base/proposed-command.js';
import { siteHost } from '../../shared/base/safe-text.js';
import { runName } from '../../shared/queues/job.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { KEYS } from '../../shared/redis/keys.js';
import { type SweepChart, sweepSvg } from '../../shared/report/chart-sweep.js';
import { chartSvg, type ThroughputChart } from '../../shared/report/chart.js';
import {
  formatCount,
  formatDuration,
  formatPasses,
  formatRate,
  formatSpeedUp,
} from '../../shared/report/format.js';
import {
  escapeMarkdown,
  HOW_MEASURED,
  markdownPage,
  markdownTable,
} from '../../shared/report/markdown.js';
import { readSeries, type Series } from '../../shared/runs/series.js';
import { jobsText } from '../run-text.js';
import { comparisonGrid, headlineOf, remarksOf, stepLabel, subjectOf } from './text.js';
import type { Baseline, ComparisonReport, Step } from './report.js';

/** A data directory may hold comparisons of a Redis that is gone: at most this many of one name. */
const SAME_NAME_MAX = 1000;

/**
 * Writes `report.json`, `report.md` and the charts there are figures for.
 *
 * @returns the report with the paths of the files.
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

export interface ShownSeries {
  readonly baseline: Series;
  readonly run: Series;
}

/** The run at the last concurrency measured, against its baseline. */
export function comparisonChart(
  report: ComparisonReport,
  baseline: Baseline,
  step: Step,
  series: ShownSeries,
): ThroughputChart {
  const runs = `${runName(step.run)} against ${runName(baseline.run)}`;
  const subtitle = [siteHost(report.site), runs, passesText(step, report)];
  return {
    title: `${jobsText(report.jobs, report.kind)}: one at a time, then ${formatCount(step.concurrency)}`,
    subtitle: subtitle.filter(Boolean).join(' · '),
    ...(step.speedUp === null
      ? {}
      : {
          headline: { figure: formatSpeedUp(step.speedUp), caption: 'as fast as one at a time' },
        }),
    jobs: report.jobs,
    run: { label: stepLabel(step), ...noteOf(step), points: series.run.points },
    baseline: { label: 'one at a time', ...noteOf(baseline), points: series.baseline.points },
    idealSeconds: step.idealMs === null ? undefined : step.idealMs / 1000,
  };
}

/** Speed-up against concurrency; undefined with fewer than two concurrencies that have one. */
export function sweepChart(report: ComparisonReport): SweepChart | undefined {
  const points = report.steps.flatMap(({ asked, speedUp, range }) =>
    speedUp === null ? [] : [{ concurrency: asked, speedUp, range }],
  );
  if (points.length < 2) return undefined;
  const subtitle = [siteHost(report.site), passesText(report.steps.at(-1), report)];
  return {
    title: `${jobsText(report.jobs, report.kind)}: speed-up against concurrency`,
    subtitle: subtitle.filter(Boolean).join(' · '),
    points: points.toSorted((a, b) => a.concurrency - b.concurrency),
    knee: report.knee ?? undefined,
  };
}

function passesText(step: Step | undefined, { warmUp }: ComparisonReport): string | undefined {
  const passes = step?.runs.length ?? 0;
  return passes === 0 ? undefined : formatPasses({ passes, warmUp }, null);
}

function noteOf({ wallMs, throughputPerSecond }: Baseline): { readonly note?: string } {
  return wallMs === null || throughputPerSecond === null
    ? {}
    : { note: `${formatDuration(wallMs)} · ${formatRate(throughputPerSecond)}` };
}

async function write(path: string, content: string): Promise<void> {
  try {
    await writeFile(path, content);
  } catch (error) {
    throw new CommandError(
      EXIT.cannotWrite,
      `Cannot write ${path}: ${errorText(error)}. The runs themselves are kept. List them: ${proposed('runs')}`,
      { cause: error },
    );
  }
}

/** The comparison as a page of Markdown; the charts that were written are shown in it. */
export function comparisonMarkdown(report: ComparisonReport): string {
  const { chart, sweep } = report.files;
  const { titles, rows } = comparisonGrid(report);
  const remarks = remarksOf(report).map((remark) => `- ${escapeMarkdown(remark)}`);
  return markdownPage(titleOf(report), [
    `**${escapeMarkdown(headlineOf(report))}.**`,
    markdownTable(titles, rows),
    ...(chart === null
      ? []
      : [`![Jobs that did their work against elapsed seconds](${basename(chart)})`]),
    ...(sweep === null ? [] : [`![Speed-up against concurrency](${basename(sweep)})`]),
    ...(remarks.length === 0 ? [] : [remarks.join('\n')]),
    `Measured ${report.startedAt} in ${runsText(report)}. ${HOW_MEASURED}`,
  ]);
}

/** `200 comics from xkcd.com (1-200)`. */
function titleOf(report: ComparisonReport): string {
  const { selection } = report;
  return selection === '' ? subjectOf(report) : `${subjectOf(report)} (${selection})`;
}

function runsText({ reports }: ComparisonReport): string {
  const first = reports[0]?.run ?? 0;
  const last = reports.at(-1)?.run ?? 0;
  return first === last ? runName(first) : `${runName(first)} to ${runName(last)}`;
}

/**
 * Makes `<data>/compare/run-7`, named after the run to come, which will be the comparison's first;
 * or `run-7.2` where there is one of that name.
 *
 * @throws CommandError (cannot write) when it cannot be made.
 */
export async function makeComparisonDirectory(
  connection: RedisConnection,
  dataDir: string,
): Promise<string> {
  const parent = join(dataDir, 'compare');
  const name = runName(Number((await connection.get(KEYS.runCounter)) ?? 0) + 1);
  try {
    await mkdir(parent, { recursive: true });
    return await firstFree(parent, name);
  } catch (error) {
    throw new CommandError(
      EXIT.cannotWrite,
      `Cannot make a directory for the comparison in ${parent}: ${errorText(error)}. Free some space, or give another directory with --data`,
      { cause: error },
    );
  }
}

async function firstFree(parent: string, name: string): Promise<string> {
  for (let count = 1; count < SAME_NAME_MAX; count += 1) {
    const directory = join(parent, count === 1 ? name : `${name}.${count}`);
    if (await made(directory)) return directory;
  }
  throw new Error(`there are ${SAME_NAME_MAX} of the name ${name}`);
}

/** Whether the directory was made: not when it is there already. */
async function made(directory: string): Promise<boolean> {
  try {
    await mkdir(directory);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}
