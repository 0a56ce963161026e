/** How fast a run could have been at best, from its own fetch times. */

export interface IdealInput {
  readonly longestMs: number;
  readonly sumMs: number;
  /** Observed peak of active jobs. */
  readonly concurrency: number;
}

/**
 * No schedule is faster than its longest fetch, nor than all fetch time shared out evenly among the
 * slots. Undefined where nothing was fetched.
 */
export function idealMs({ longestMs, sumMs, concurrency }: IdealInput): number | undefined {
  if (sumMs <= 0 || concurrency < 1) return undefined;
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
