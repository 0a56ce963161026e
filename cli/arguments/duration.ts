/** Times as people type them. */

import { CommandError, EXIT } from '../../shared/base/errors.js';
import { safeText } from '../../shared/base/safe-text.js';

const DAY_MS = 86_400_000;

const UNITS_MS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', DAY_MS],
]);

/** A year: longer times are typing errors. */
const DURATION_MAX_MS = 366 * DAY_MS;

const DURATION = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)?$/;

/** `90s`, `1.5h`, `15m`, `500ms`, `7d`; a bare number is seconds. Undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  const unitMs = UNITS_MS.get(match[2] ?? 's') ?? 1000;
  const ms = Math.round(Number(match[1]) * unitMs);
  return ms > DURATION_MAX_MS ? undefined : ms;
}

/**
 * Reads a time.
 *
 * @throws CommandError (usage) that names the option.
 */
export function requireDuration(option: string, text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw new CommandError(
    EXIT.usage,
    `${option} must be a time such as 90s, 15m, 24h or 7d, got "${safeText(text, 60)}"`,
  );
}
