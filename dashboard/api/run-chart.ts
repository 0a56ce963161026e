/** The chart of a run, as a picture to keep: SVG, or PNG where nothing else will do. */

import { renderAsync } from '@resvg/resvg-js';
import { runName } from '../../shared/queues/job.js';
import type { ChartTheme } from '../../shared/report/chart-svg.js';
import { type ChartLine, chartSvg } from '../../shared/report/chart.js';
import { formatCount, formatRate, formatSpeedUp } from '../../shared/report/format.js';
import { FONT_FAMILY, fontFiles } from '../font.js';
import { type BookEntry, pluralOf } from '../live/run-book.js';

/** Dots of a PNG for each of the SVG's: sharp on every screen and on paper. */
const PNG_SCALE = 2;

/** The chart of a run and its baseline as one SVG file. */
export function runChart(
  entry: BookEntry,
  baseline: BookEntry | undefined,
  theme: ChartTheme,
): string {
  const { report } = entry;
  const { comparison } = report;
  const figure = comparison?.speedUp ?? null;
  return chartSvg({
    title: `${runName(report.run)} · ${formatCount(report.queued)} ${pluralOf(report)}`,
    subtitle: [hostOf(report.site), report.selection].filter(Boolean).join(' · '),
    ...(figure === null
      ? {}
      : { headline: { figure: formatSpeedUp(figure), caption: 'of one at a time' } }),
    jobs: report.queued,
    run: lineOf(entry),
    baseline: baseline === undefined ? undefined : lineOf(baseline),
    idealSeconds: report.idealMs === null ? undefined : report.idealMs / 1000,
    theme,
  });
}

/** An SVG as a PNG. Drawn with our own font: a container has none. */
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

function lineOf({ report, series }: BookEntry): ChartLine {
  const label = report.baseline
    ? `${runName(report.run)}, one at a time`
    : `${runName(report.run)}, ${formatCount(report.concurrency)} at a time`;
  const rate = report.throughputPerSecond;
  return { label, points: series.points, ...(rate === null ? {} : { note: formatRate(rate) }) };
}

function hostOf(site: string): string {
  return URL.canParse(site) ? new URL(site).host : '';
}
