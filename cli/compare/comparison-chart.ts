/** What the charts of a comparison show. */

import { KINDS } from '../../shared/kinds/kinds.js';
import { runName } from '../../shared/queues/job.js';
import type { BarRow } from '../../shared/report/chart-bars.js';
import type { SweepChart } from '../../shared/report/chart-sweep.js';
import type { ThroughputChart } from '../../shared/report/chart.js';
import {
  formatCount,
  formatDuration,
  formatRate,
  formatSpeedUp,
} from '../../shared/report/format.js';
import type { Series } from '../../shared/runs/series.js';
import { atATime } from './comparison-grid.js';
import type { Baseline, ComparisonReport, Step } from './comparison-report.js';

export interface ShownSeries {
  readonly baseline: Series;
  readonly run: Series;
}

/** `200 comics`, `1 search`. */
export function jobCountText({ kind, jobs }: Pick<ComparisonReport, 'kind' | 'jobs'>): string {
  const known = Object.values(KINDS).find(({ name }) => name === kind);
  const noun = jobs === 1 ? kind : (known?.plural ?? kind);
  return `${formatCount(jobs)} ${noun}`;
}

/** Where the jobs went: `xkcd.com`; undefined for a kind without a site. */
export function hostText({ site }: Pick<ComparisonReport, 'site'>): string | undefined {
  return URL.canParse(site) ? new URL(site).host : undefined;
}

/** The run of the last concurrency measured, against its baseline. */
export function comparisonChart(
  report: ComparisonReport,
  baseline: Baseline,
  step: Step,
  series: ShownSeries,
): ThroughputChart {
  const runs = `${runName(step.run)} against ${runName(baseline.run)}`;
  const subtitle = [hostText(report), runs, passesText(step)].filter((part) => part !== undefined);
  return {
    title: `${jobCountText(report)}: one at a time, then ${formatCount(step.concurrency)}`,
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
    title: `${jobCountText(report)}: speed-up against concurrency`,
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
