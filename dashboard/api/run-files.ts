/** A run as files to keep: its chart as SVG or PNG, its report as Markdown. */

import { renderAsync } from '@resvg/resvg-js';
import { siteHost } from '../../shared/base/safe-text.js';
import { nounOf } from '../../shared/kinds/kinds.js';
import { runName } from '../../shared/queues/job.js';
import type { ChartTheme } from '../../shared/report/chart-file.js';
import { type ChartLine, chartSvg } from '../../shared/report/chart.js';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatEstimatedSpeedUp,
  formatMilliseconds,
  formatPasses,
  formatRate,
  formatShare,
  formatSpeedUp,
} from '../../shared/report/format.js';
import { shownFigures } from '../../shared/report/passes.js';
import { HOW_MEASURED, markdownPage, markdownTable } from '../../shared/report/markdown.js';
import { type Report, reportTitle } from '../../shared/report/report.js';
import type { Point } from '../../shared/runs/series.js';
import { FONT_FAMILY, fontFiles } from '../assets.js';
import type { RunDetails } from '../live/run-list.js';

/** Pixels of a PNG for each of the SVG's: sharp on every screen and on paper. */
const PNG_SCALE = 2;

type Row = readonly [name: string, value: string];

/** The chart of a run and its baseline as one SVG file. */
export function runChart(
  entry: RunDetails,
  baseline: RunDetails | undefined,
  theme: ChartTheme,
): string {
  const { report } = entry;
  const { comparison } = report;
  const figure = comparison?.speedUp ?? null;
  const passes = formatPasses(shownFigures(report), null);
  return chartSvg({
    title: `${runName(report.run)} · ${formatCount(report.queued)} ${nounOf(report.kind, report.queued)}`,
    subtitle: [siteHost(report.site), report.selection].filter(Boolean).join(' · '),
    ...(figure === null
      ? {}
      : {
          headline: {
            figure: formatSpeedUp(figure),
            caption: `as fast as one at a time (${passes})`,
          },
        }),
    jobs: report.queued,
    run: lineOf(entry),
    baseline: baseline === undefined ? undefined : lineOf(baseline),
    idealSeconds: report.idealMs === null ? undefined : report.idealMs / 1000,
    theme,
  });
}

/** An SVG as a PNG, in the board's own font: a container has none. */
export async function pngOf(svg: string): Promise<Buffer> {
  const image = await renderAsync(svg, {
    fitTo: { mode: 'zoom', value: PNG_SCALE },
    font: {
      loadSystemFonts: false,
      fontFiles: fontFiles().map(({ path }) => path),
      defaultFontFamily: FONT_FAMILY,
      sansSerifFamily: FONT_FAMILY,
    },
  });
  return image.asPng();
}

/** The report of a run as Markdown: its figures, its outcomes and reasons, and its course. */
export function runMarkdown(report: Report): string {
  const figures = [...identityRows(report), ...speedRows(report), ...fetchRows(report)];
  return markdownPage(reportTitle(report), [
    markdownTable(
      ['', 'figure'],
      figures.filter(([, value]) => value !== ''),
    ),
    ...countsTable('outcome', report.outcomes),
    ...countsTable('reason', report.reasons),
    ...countsTable('HTTP status', report.statuses),
    ...countsTable('retried because of', report.retries),
    ...courseTable(report.course),
    HOW_MEASURED,
  ]);
}

function lineOf({ report, series }: RunDetails): ChartLine {
  const label = report.baseline
    ? `${runName(report.run)}, one at a time`
    : `${runName(report.run)}, ${formatCount(report.concurrency)} at a time`;
  const { throughputPerSecond: rate, passes } = shownFigures(report);
  const note = rate === null ? {} : { note: `${formatRate(rate)}${passes > 1 ? ' (median)' : ''}` };
  return { label, points: series.points, ...note };
}

function identityRows(report: Report): Row[] {
  return [
    ['state', report.state],
    ['queue', report.queue],
    ['site', report.site],
    ['selection', report.selection],
    ['asked for', formatCount(report.asked)],
    ['duplicates', formatCount(report.duplicates)],
    ['ended', `${formatCount(report.ended)} of ${formatCount(report.queued)}`],
    ...(report.retriedBy === null
      ? []
      : [
          [
            `failed, answered by ${runName(report.retriedBy)}`,
            formatCount(report.recovered),
          ] as const,
        ]),
    ['started', report.startedAtMs === null ? '' : new Date(report.startedAtMs).toISOString()],
  ];
}

function speedRows(report: Report): Row[] {
  const { comparison } = report;
  const shown = shownFigures(report);
  const rows: Row[] = [
    ['passes', formatPasses(shown, null)],
    ['wall time', orNone(shown.wallMs, formatDuration)],
    ['throughput', orNone(shown.throughputPerSecond, formatRate)],
    ['concurrency, observed', formatCount(shown.concurrency)],
    ['ideal', orNone(shown.idealMs, formatDuration)],
    ['efficiency', orNone(shown.efficiency, formatShare)],
  ];
  if (report.disturbed !== null) rows.push(['disturbed', report.disturbed]);
  if (comparison === null) return rows;
  const { baselineRun, label, baselineThroughputPerSecond, speedUp, estimate, range, note } =
    comparison;
  rows.push(
    ['baseline', `${runName(baselineRun)}, ${label}`],
    ['baseline throughput', orNone(baselineThroughputPerSecond, formatRate)],
    ['speed-up', speedUp === null ? `none: ${note ?? ''}` : formatSpeedUp(speedUp)],
    ['estimate', orNone(estimate, formatEstimatedSpeedUp)],
  );
  if (range !== null) {
    rows.push(['speed-up, range', range.map((ratio) => formatSpeedUp(ratio)).join(' to ')]);
  }
  return rows;
}

function fetchRows({ fetch, bytes, workers, site }: Report): Row[] {
  const { p50Ms, p95Ms, p99Ms, longestMs } = fetch;
  // A kind without a site fetches nothing.
  const [each, longest] = site === '' ? ['each took', 'longest'] : ['fetch time', 'longest fetch'];
  return [
    [`${each} p50, p95, p99`, fetch.count === 0 ? '' : timesText([p50Ms, p95Ms, p99Ms])],
    [longest, fetch.count === 0 ? '' : formatMilliseconds(longestMs)],
    ['bytes stored', formatBytes(bytes)],
    ['workers', formatCount(workers)],
  ];
}

function timesText(times: readonly number[]): string {
  return times.map((ms) => formatMilliseconds(ms)).join(', ');
}

function countsTable(
  title: string,
  counts: Readonly<Record<string, number | undefined>>,
): string[] {
  const rows = Object.entries(counts).map(([name, count]): Row => [name, formatCount(count ?? 0)]);
  return rows.length === 0 ? [] : [markdownTable([title, 'jobs'], rows)];
}

function orNone(value: number | null, format: (value: number) => string): string {
  return value === null ? '' : format(value);
}

function courseTable(points: readonly Point[]): string[] {
  if (points.length < 2) return [];
  return [markdownTable(['elapsed', 'did their work', 'at once'], points.map(courseRow))];
}

function courseRow([seconds, done, active]: Point): string[] {
  return [formatDuration(seconds * 1000), formatCount(done), formatCount(active)];
}
