/** The four figures of the panel, as texts. */

import {
  formatCount,
  formatDuration,
  formatEstimate,
  formatMilliseconds,
  formatPerSecond,
  formatRate,
  formatShare,
  formatSpeedUp,
  RATE_UNIT,
} from '../../shared/report/format.js';
import type { Report } from '../../shared/report/report.js';
import type { PanelView, RunView } from '../api/panel-view.js';

export interface Figure {
  /** The number alone, `655`; a dash where there is none. */
  readonly value: string;
  readonly unit: string;
  /** What there is to know about it, or why there is none. */
  readonly note: string;
}

export interface Figures {
  readonly speedUp: Figure;
  readonly run: Figure;
  readonly baseline: Figure;
  readonly done: Figure;
}

const NONE = '–';

/** How long its fetches took, in one line; empty before the first. */
export function fetchTimesText({ report }: RunView): string {
  const { p50Ms, p95Ms, p99Ms } = report.fetch;
  if (p50Ms === 0) return '';
  const times = [p50Ms, p95Ms, p99Ms].map(formatMilliseconds);
  return `fetch times: median ${times[0]}, p95 ${times[1]}, p99 ${times[2]}`;
}

/** The figures of the run that is shown. */
export function figuresOf(run: RunView, view: PanelView): Figures {
  return {
    speedUp: speedUpFigure(run),
    run: runFigure(run),
    baseline: baselineFigure(run, view.baseline),
    done: doneFigure(run),
  };
}

function speedUpFigure({ report }: RunView): Figure {
  const comparison = report.comparison;
  if (report.baseline) return { value: NONE, unit: '', note: 'this run is a baseline itself' };
  if (comparison === null) return { value: NONE, unit: '', note: 'no baseline yet' };
  if (comparison.speedUp === null) {
    return { value: NONE, unit: '', note: comparison.note ?? 'not to be compared' };
  }
  const note =
    comparison.range === null ? 'one pass' : `median of the passes, ${rangeText(comparison.range)}`;
  return { value: formatSpeedUp(comparison.speedUp), unit: '', note };
}

/** `34.2× to 36.0×`. */
function rangeText([low, high]: readonly [number, number]): string {
  return `${formatSpeedUp(low)} to ${formatSpeedUp(high)}`;
}

function runFigure({ report, live, recentPerSecond }: RunView): Figure {
  const facts = [`${formatCount(report.concurrency)} at a time`];
  if (live && recentPerSecond !== null) {
    facts.push(`${formatRate(recentPerSecond)} in the last 10 s`);
  } else if (!live && report.efficiency !== null) {
    facts.push(`${formatShare(report.efficiency)} of the ideal`);
  }
  return {
    ...rateOf(report.throughputPerSecond),
    note: report.ended === 0 ? 'no job has ended yet' : facts.join(' · '),
  };
}

function baselineFigure({ report }: RunView, baseline: RunView | null): Figure {
  if (report.baseline) return { ...rateOf(report.throughputPerSecond), note: 'one at a time' };
  const comparison = report.comparison;
  if (comparison === null) return { value: NONE, unit: '', note: 'none yet' };
  const size =
    comparison.label === 'same selection' || baseline === null
      ? 'one at a time'
      : `other selection: ${formatCount(baseline.report.queued)} ${baseline.plural}`;
  return {
    ...rateOf(comparison.baselineThroughputPerSecond),
    note: `run-${comparison.baselineRun} · ${size}`,
  };
}

function doneFigure({ report, live, remainingMs, failed }: RunView): Figure {
  const cancelled = cancelledIn(report);
  const facts: string[] = [];
  if (failed > 0) facts.push(`${formatCount(failed)} failed`);
  if (cancelled > 0) facts.push(`${formatCount(cancelled)} cancelled`);
  if (live && remainingMs !== null && report.ended < report.queued) {
    facts.push(`about ${formatEstimate(remainingMs)} left`);
  } else if (!live && report.wallMs !== null) {
    facts.push(`in ${formatDuration(report.wallMs)}`);
  }
  return {
    value: formatCount(report.ended - cancelled),
    unit: `of ${formatCount(report.queued)}`,
    note: facts.join(' · ') || (live ? 'waiting for its first job' : 'nothing was done'),
  };
}

/** Jobs that were given up with their run: they ended, but were not done. */
export function cancelledIn({ outcomes }: Report): number {
  return outcomes['cancelled'] ?? 0;
}

function rateOf(perSecond: number | null): { value: string; unit: string } {
  return { value: perSecond === null ? NONE : formatPerSecond(perSecond), unit: RATE_UNIT };
}
