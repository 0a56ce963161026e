/** The one definition of throughput, for the command line, the report and the board. */

import { OUTCOMES, WORK_DONE, type Outcome } from '../base/outcome.js';

export interface WorkSpan {
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>;
  readonly firstStartMs: number | undefined;
  readonly lastEndMs: number | undefined;
}

/** Jobs that did their work: stored, missing or slept. */
export function workDone(outcomes: WorkSpan['outcomes']): number {
  return OUTCOMES.reduce(
    (sum, outcome) => sum + (WORK_DONE.has(outcome) ? (outcomes[outcome] ?? 0) : 0),
    0,
  );
}

/** From the first start to the last end, in milliseconds; undefined before the first end. */
export function wallMsOf({ firstStartMs, lastEndMs }: WorkSpan): number | undefined {
  if (firstStartMs === undefined || lastEndMs === undefined) return undefined;
  return lastEndMs - firstStartMs;
}

/**
 * Jobs a second: jobs that did their work over the time from the first start to the last end.
 * Undefined where no job did any work, or all within one tick of the clock.
 */
export function throughputPerSecond(span: WorkSpan): number | undefined {
  const wallMs = wallMsOf(span);
  const done = workDone(span.outcomes);
  if (wallMs === undefined || wallMs <= 0 || done === 0) return undefined;
  return (done / wallMs) * 1000;
}
