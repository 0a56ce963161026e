/** The charts of a comparison: SVG by `shared/report`, bars of characters for the terminal. */

import { runName } from '../../shared/queues/job.js';
import type { SweepChart } from '../../shared/report/chart-sweep.js';
import type { ThroughputChart } from '../../shared/report/chart.js';
import {
  formatCount,
  formatDuration,
  formatRate,
  formatSpeedUp,
} from '../../shared/report/format.js';
import type { Series } from '../../shared/runs/series.js';
import { jobsText } from '../run-text.js';
import { atATime } from './grid.js';
import type { Baseline, ComparisonReport, Step } from './report.js';

export interface BarRow {
  readonly label: string;
  /** Not negative; the longest bar is the largest of them. */
  readonly value: number;
  /** Written behind the bar: `655 jobs/s`. */
  readonly note: string;
}

export interface BarStyle {
  /** Columns of the terminal. */
  readonly width: number;
  /** Whether to use ASCII only, for a dumb terminal. */
  readonly plain: boolean;
}

/** A bar shorter than this says nothing, however narrow the terminal. */
const BAR_COLUMNS_MIN = 8;

/** One eighth of a character, two of them, and so on up to seven. */
const EIGHTHS = '▏▎▍▌▋▊▉';

export interface ShownSeries {
  readonly baseline: Series;
  readonly run: Series;
}

/** Where the jobs went: `xkcd.com`; undefined for a kind without a site. */
export function hostText({ site }: Pick<ComparisonReport, 'site'>): string | undefined {
  return URL.canParse(site) ? new URL(site).host : undefined;
}

/** The run at the last concurrency measured, against its baseline. */
export function comparisonChart(
  report: ComparisonReport,
  baseline: Baseline,
  step: Step,
  series: ShownSeries,
): ThroughputChart {
  const runs = `${runName(step.run)} against ${runName(baseline.run)}`;
  const subtitle = [hostText(report), runs, passesText(step)].filter((part) => part !== undefined);
  return {
    title: `${jobsText(report.jobs, report.kind)}: one at a time, then ${formatCount(step.concurrency)}`,
    subtitle: subtitle.join(' · '),
    ...(step.speedUp === null
      ? {}
      : {
          headline: { figure: formatSpeedUp(step.speedUp), caption: 'as fast as one at a time' },
        }),
    jobs: report.jobs,
    run: { label: atATime(step.concurrency), ...noteOf(step), points: series.run.points },
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
  const subtitle = [hostText(report), passesText(report.steps.at(-1))];
  return {
    title: `${jobsText(report.jobs, report.kind)}: speed-up against concurrency`,
    subtitle: subtitle.filter((part) => part !== undefined).join(' · '),
    points: points.toSorted((a, b) => a.concurrency - b.concurrency),
    knee: report.knee ?? undefined,
  };
}

/** Throughput of the baseline and of each concurrency. */
export function throughputBars({ baseline, steps }: ComparisonReport): BarRow[] {
  const sides = [
    ...(baseline === null ? [] : [{ ...baseline, label: atATime(1) }]),
    ...steps.map((step) => ({
      ...step,
      label: steps.length > 1 ? `up to ${step.asked}` : atATime(step.concurrency),
    })),
  ];
  return sides.flatMap(({ label, throughputPerSecond: value }) =>
    value === null ? [] : [{ label, value, note: formatRate(value) }],
  );
}

function passesText(step: Step | undefined): string | undefined {
  const passes = step?.ratios.length ?? 0;
  return passes > 1 ? `median of ${passes} passes` : undefined;
}

function noteOf({ wallMs, throughputPerSecond }: Baseline): { readonly note?: string } {
  return wallMs === null || throughputPerSecond === null
    ? {}
    : { note: `${formatDuration(wallMs)} · ${formatRate(throughputPerSecond)}` };
}

/** Draws the rows below each other, within the width wherever labels and notes leave room. */
export function barChart(rows: readonly BarRow[], { width, plain }: BarStyle): string[] {
  const labelColumns = longest(rows.map(({ label }) => label));
  const noteColumns = longest(rows.map(({ note }) => note));
  const columns = Math.max(BAR_COLUMNS_MIN, width - labelColumns - noteColumns - 3);
  const largest = Math.max(...rows.map(({ value }) => value));
  return rows.map(({ label, value, note }) => {
    const share = largest > 0 ? value / largest : 0;
    const bar = plain ? plainBar(share, columns) : fineBar(share, columns);
    return `${label.padEnd(labelColumns)}  ${bar} ${note}`;
  });
}

/** Anything above zero shows: a bar of no length would read as zero. */
function fineBar(share: number, columns: number): string {
  const eighths = share > 0 ? Math.max(1, Math.round(share * columns * 8)) : 0;
  return '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS.charAt((eighths % 8) - 1);
}

function plainBar(share: number, columns: number): string {
  return '#'.repeat(share > 0 ? Math.max(1, Math.round(share * columns)) : 0);
}

function longest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => text.length));
}
