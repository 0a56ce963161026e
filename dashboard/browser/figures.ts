/**
 * What the panel shows of a view: its four figures, the state of the run and the lines above them in words,
 * and the lines that its chart draws.
 */

import type { Courses } from '../../shared/report/chart.js';
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
import {
  outcomeParts,
  partsText,
  type ShownState,
  stateOfRun,
  heldBy,
} from '../../shared/report/outcome-bar.js';
import { isWarmUp, shownFigures } from '../../shared/report/passes.js';
import type { Report } from '../../shared/report/report.js';
import type { Notice } from '../api/notice.js';
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
    hero: heroOf(run, view.sweep),
    run: runFigure(run),
    baseline: baselineFigure(run, view.baseline),
    done: doneFigure(run),
  };
}

function heroOf({ report, live }: RunView, sweep: PanelView['sweep']): Hero {
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
    note: live
      ? 'so far'
      : `${formatPasses(figures, comparison.range)}${bestText(sweep, comparison.speedUp)}`,
  };
}

/** What of a sweep was faster than this step of it: the figure that its comparison is known by. */
function bestText(sweep: PanelView['sweep'], speedUp: number): string {
  const [best] = sweep.toSorted((a, b) => b.speedUp - a.speedUp);
  return best === undefined || best.speedUp <= speedUp
    ? ''
    : ` · best of the sweep: ${formatSpeedUp(best.speedUp)} with ${formatCount(best.concurrency)} at a time`;
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
      : `other selection: ${formatCount(baseline.report.queued)} ${baseline.noun}`;
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
  if (live && report.added < report.queued) {
    facts.push(`${formatCount(report.added)} queued${report.state === 'open' ? ' so far' : ''}`);
  }
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
  return perSecond === null
    ? { value: NONE, unit: '' }
    : { value: formatPerSecond(perSecond), unit: RATE_UNIT };
}

/** The state of the run that is shown; stale where its figures are those of an earlier moment. */
export interface PanelState extends ShownState {
  readonly isStale: boolean;
}

/** `awayForMs`: for how long the board's own server has not answered; 0 when it does. */
export function stateOf(run: RunView, view: PanelView, awayForMs: number): PanelState {
  const staleForMs = Math.max(awayForMs, view.redisDownForMs);
  if (staleForMs > 0) {
    const text = `as it was ${formatEstimate(staleForMs)} ago`;
    return { tone: 'warning', text, isStale: true };
  }
  const moves = run.recentPerSecond !== 0;
  const held = heldBy(view.standstills, moves);
  return { ...stateOfRun({ ...run, held, moves }), isStale: false };
}

export interface NoticeTerms {
  /** Whether the board's own server did not answer the last time. */
  readonly away: boolean;
  /** Whether the run that is shown was picked, or is what the page is about. */
  readonly picked: boolean;
}

/** What there is to say above the figures. */
export function noticesOf(view: PanelView, { away, picked }: NoticeTerms): Notice[] {
  if (away) return [{ tone: 'bad', text: 'The board’s server does not answer. Trying again.' }];
  return [
    ...(view.redisDownForMs > 0 ? [redisNotice(view)] : []),
    ...view.notices,
    ...(picked ? newerNotices(view) : []),
  ];
}

/** Who looks at a run that is over may not see that another one is worked. */
function newerNotices({ run, choices }: PanelView): Notice[] {
  const newer = choices.find((choice) => choice.live && choice.run > (run?.report.run ?? 0));
  if (run === null || run.live || newer === undefined) return [];
  return [{ tone: 'hint', text: 'This run is over, and a newer one goes on:', run: newer.run }];
}

function redisNotice({ redisDownForMs, run }: PanelView): Notice {
  const time = formatEstimate(redisDownForMs);
  const shown = run === null ? '' : ' These are the last figures seen.';
  const text = `Redis has not answered for ${time}.${shown} The board goes on by itself.`;
  return { tone: 'bad', text };
}

/** A run with its baseline, its ideal and the run laid over it. */
export function coursesOf(run: RunView, { baseline, ray, overlay }: PanelView): Courses {
  const { report, elapsedSeconds, remainingMs } = run;
  return {
    jobs: report.queued,
    run: lineOf(run, ''),
    // Beside a ray the course of other jobs would only confuse.
    baseline: baseline === null || ray !== null ? undefined : lineOf(baseline, 'baseline '),
    ray:
      ray === null
        ? undefined
        : { label: `one at a time as in run-${ray.run}`, perSecond: ray.perSecond },
    overlay: overlay === null ? undefined : lineOf(overlay, ''),
    idealSeconds: report.idealMs === null ? undefined : report.idealMs / 1000,
    expectedSeconds: (elapsedSeconds ?? 0) + (remainingMs ?? 0) / 1000,
  };
}

function lineOf(run: RunView, role: string): Courses['run'] {
  const { points, report } = run;
  const label = `${role}run-${report.run}`;
  const last = points.at(-1);
  // A live run that stands still goes on in time: its line grows to the right.
  const now = run.elapsedSeconds ?? 0;
  const silent = last !== undefined && now > last[0];
  return { label, points: silent ? [...points, [now, last[1], last[2]]] : points };
}
