/** The four figures of the panel, as texts. */

import {
  formatCount,
  formatDuration,
  formatEstimate,
  formatEstimatedSpeedUp,
  formatMilliseconds,
  formatPasses,
  formatPerSecond,
  formatRate,
  formatShare,
  formatSpeedUp,
  RATE_UNIT,
} from '../../shared/report/format.js';
import { outcomeParts, partsText } from '../../shared/report/outcome-bar.js';
import { isWarmUp, shownFigures } from '../../shared/report/passes.js';
import type { Report } from '../../shared/report/report.js';
import type { PanelView, RunView } from '../api/panel-view.js';

export interface Figure {
  /** The number alone, `655`; a dash where there is none. */
  readonly value: string;
  readonly unit: string;
  /** What there is to know about it, or why there is none. */
  readonly note: string;
  /** The run that the note is about. */
  readonly run?: number;
}

/** The largest figure: the speed-up, or what there is where there is none. */
export interface Hero extends Figure {
  readonly label: string;
  readonly isSpeedUp: boolean;
}

export interface Figures {
  readonly hero: Hero;
  readonly run: Figure;
  readonly baseline: Figure;
  readonly done: Figure;
}

const NONE = '–';

/** How long its jobs took, in one line; empty before the first. Sleeps have no fetches. */
export function fetchTimesText({ report }: RunView): string {
  const { p50Ms, p95Ms, p99Ms } = report.fetch;
  if (p50Ms === 0) return '';
  const times = [p50Ms, p95Ms, p99Ms].map(formatMilliseconds);
  return `${report.site === '' ? 'each took' : 'fetch times'}: median ${times[0]}, p95 ${times[1]}, p99 ${times[2]}`;
}

/**
 * `10.7 s one after another, 0.28 s with 50 at a time`: the sentence that is remembered; empty where
 * there is no speed-up.
 */
export function sentenceOf({ report, live }: RunView): string {
  const { wallMs, concurrency } = shownFigures(report);
  const { speedUp = null, baselineWallMs = null } = report.comparison ?? {};
  if (live || speedUp === null || baselineWallMs === null || wallMs === null) return '';
  const together = `${formatDuration(wallMs)} with ${formatCount(concurrency)} at a time`;
  return `${formatDuration(baselineWallMs)} one after another, ${together}`;
}

/** The figures of the run that is shown. */
export function figuresOf(run: RunView, view: PanelView): Figures {
  return {
    hero: heroOf(run),
    run: runFigure(run),
    baseline: baselineFigure(run, view.baseline),
    done: doneFigure(run),
  };
}

function heroOf({ report, live }: RunView): Hero {
  const { comparison } = report;
  const figures = shownFigures(report);
  if (comparison === null || comparison.speedUp === null) {
    const rate = rateOf(figures.throughputPerSecond);
    return { label: 'Throughput', isSpeedUp: false, ...rate, note: whyNone(report) };
  }
  return {
    label: 'Speed-up',
    isSpeedUp: true,
    value: formatSpeedUp(comparison.speedUp),
    unit: '',
    note: live ? 'so far' : formatPasses(figures, comparison.range),
  };
}

/** Why a run has no speed-up, and a guess at it where there is one. */
function whyNone(report: Report): string {
  const { comparison, baseline } = report;
  if (baseline) return 'one at a time';
  if (isWarmUp(report)) return 'warm-up, not measured';
  if (comparison === null) return 'no baseline yet';
  if (report.ended === 0) return 'no job has ended yet';
  const { estimate, note } = comparison;
  return estimate === null
    ? `no speed-up: ${note ?? 'not to be compared'}`
    : `another selection: ${formatEstimatedSpeedUp(estimate)}`;
}

function runFigure({ report, live, recentPerSecond }: RunView): Figure {
  const { throughputPerSecond, concurrency, efficiency, passes } = shownFigures(report);
  const facts = [`${formatCount(concurrency)} at a time`];
  if (live && recentPerSecond !== null) {
    facts.push(`${formatRate(recentPerSecond)} in the last 10 s`);
  } else if (!live && efficiency !== null) {
    facts.push(`${formatShare(efficiency)} of the ideal`);
  }
  if (passes > 1) facts.push(`median of ${passes}`);
  return {
    ...rateOf(throughputPerSecond),
    note: report.ended === 0 ? 'no job has ended yet' : facts.join(' · '),
  };
}

function baselineFigure({ report }: RunView, baseline: RunView | null): Figure {
  const { passes } = shownFigures(report);
  const suffix = passes > 1 ? ` · median of ${passes}` : '';
  if (report.baseline) {
    const { throughputPerSecond } = shownFigures(report);
    return { ...rateOf(throughputPerSecond), note: `one at a time${suffix}` };
  }
  const comparison = report.comparison;
  if (comparison === null) return { value: NONE, unit: '', note: 'none yet' };
  const size =
    comparison.label === 'same selection' || baseline === null
      ? 'one at a time'
      : `other selection: ${formatCount(baseline.report.queued)} ${baseline.plural}`;
  return {
    ...rateOf(comparison.baselineThroughputPerSecond),
    note: `${size}${suffix}`,
    run: comparison.baselineRun,
  };
}

function doneFigure({ report, live, remainingMs }: RunView): Figure {
  const { wallMs } = shownFigures(report);
  const ended = outcomeParts(report).filter(({ tone }) => tone !== 'open');
  const facts = ended.length === 0 ? [] : [partsText(ended)];
  if (live && remainingMs !== null && report.ended < report.queued) {
    facts.push(`about ${formatEstimate(remainingMs)} left`);
  } else if (!live && wallMs !== null) {
    facts.push(`in ${formatDuration(wallMs)}`);
  }
  return {
    value: formatCount(report.ended - (report.outcomes.cancelled ?? 0)),
    unit: `of ${formatCount(report.queued)}`,
    note: facts.join(' · ') || (live ? 'waiting for its first job' : 'nothing was done'),
  };
}

function rateOf(perSecond: number | null): { value: string; unit: string } {
  return { value: perSecond === null ? NONE : formatPerSecond(perSecond), unit: RATE_UNIT };
}
