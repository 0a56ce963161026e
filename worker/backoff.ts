/** How long a failed attempt waits for the next: exponential, capped, with jitter. */

const FIRST_DELAY_MS = 1000;
const DELAY_MAX_MS = 60_000;

/**
 * Full delays are 1 s, 2 s, 4 s … up to a minute; half of each is left to chance, so that jobs that
 * failed together do not come back together.
 *
 * @param attempt the attempt that failed, from 1
 * @param random from 0 (inclusive) to 1
 */
export function backoffMs(attempt: number, random: number): number {
  const full = Math.min(FIRST_DELAY_MS * 2 ** Math.min(attempt - 1, 30), DELAY_MAX_MS);
  return Math.round(full / 2 + (full / 2) * random);
}
