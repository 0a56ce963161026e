/** How fast a run could have been at best, from its own fetch times. */

/** Fetch times are kept to a tenth of a millisecond: of what takes less, nothing is known. */
const TOLD_MS_MIN = 0.1;

export interface IdealInput {
  /** Jobs that have ended. */
  readonly jobs: number;
  readonly longestMs: number;
  readonly sumMs: number;
  /** Observed peak of active jobs. */
  readonly concurrency: number;
}

/**
 * No schedule is faster than its longest fetch, nor than all fetch time shared out evenly among the
 * slots. Undefined where nothing was fetched, or jobs took no time to speak of (`sleeps 0`).
 */
export function idealMs({ jobs, longestMs, sumMs, concurrency }: IdealInput): number | undefined {
  if (sumMs <= 0 || sumMs / jobs < TOLD_MS_MIN || concurrency < 1) return undefined;
  return Math.max(longestMs, sumMs / concurrency);
}

/** Ideal over measured: 1 means that the queue cost nothing. */
export function efficiency(
  ideal: number | undefined,
  wallMs: number | undefined,
): number | undefined {
  if (ideal === undefined || wallMs === undefined || wallMs <= 0) return undefined;
  return ideal / wallMs;
}
