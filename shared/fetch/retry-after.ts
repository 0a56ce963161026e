/** How long a site asks to be left alone. */

const RETRY_AFTER_MS_MIN = 1_000;
/** A day: a longer wish is more likely a mistake, and the next answer can repeat it. */
const RETRY_AFTER_MS_MAX = 24 * 60 * 60 * 1_000;

const SECONDS = /^\d+$/;
/** The three date forms of RFC 9110 start with the name of a day; `Date.parse` alone takes "-5" for a date. */
const HTTP_DATE = /^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? .*\d/i;
const ZONE = /(?:gmt|utc|[+-]\d{4})$/i;

/**
 * The wait that a `Retry-After` header asks for, in milliseconds between a second and a day.
 * Undefined when it asks for none: absent, zero, negative, a date that has passed, or no form that
 * RFC 9110 knows.
 */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  const waitMs = SECONDS.test(text) ? Number(text) * 1_000 : timeOfDate(text) - nowMs;
  if (Number.isNaN(waitMs) || waitMs <= 0) return undefined;
  return Math.min(Math.max(waitMs, RETRY_AFTER_MS_MIN), RETRY_AFTER_MS_MAX);
}

function timeOfDate(text: string): number {
  if (!HTTP_DATE.test(text)) return Number.NaN;
  return Date.parse(ZONE.test(text) ? text : `${text} GMT`);
}
