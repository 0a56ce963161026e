/** How often a site may be asked, as people type it. */

import { CommandError, EXIT } from '../../shared/base/errors.js';
import { safeText } from '../../shared/base/safe-text.js';

const UNITS_MS = { s: 1000, m: 60_000, h: 3_600_000 } as const;

/** More is no limit any more: Redis itself serves no more requests. */
const PER_SECOND_MAX = 10_000;

const RATE = /^(\d{1,7}(?:\.\d{1,3})?)\/(s|m|h)$/;

/** A rate; undefined interval for `off`. */
export interface Rate {
  /** Time between two requests over all workers. */
  readonly intervalMs: number | undefined;
}

/**
 * Reads `10/s`, `600/m`, `100/h` or `off`.
 *
 * @throws CommandError (usage) for anything else.
 */
export function requireRate(text: string): Rate {
  if (text === 'off') return { intervalMs: undefined };
  const match = RATE.exec(text);
  const count = Number(match?.[1]);
  const unitMs = unitOf(match?.[2]);
  const intervalMs = unitMs / count;
  if (match !== null && count > 0 && intervalMs >= 1000 / PER_SECOND_MAX) return { intervalMs };
  throw new CommandError(
    EXIT.usage,
    `Cannot read the rate "${safeText(text, 60)}": write 10/s, 600/m, 100/h or off, at most ${PER_SECOND_MAX}/s`,
  );
}

/** `10/s`, `6/m`: the shortest whole way to say it. */
export function formatInterval(intervalMs: number): string {
  for (const [unit, unitMs] of Object.entries(UNITS_MS)) {
    const count = unitMs / intervalMs;
    if (count >= 1) return `${Number(count.toFixed(2))}/${unit}`;
  }
  return `${Number((UNITS_MS.h / intervalMs).toFixed(2))}/h`;
}

function unitOf(text: string | undefined): number {
  if (text === 'm') return UNITS_MS.m;
  return text === 'h' ? UNITS_MS.h : UNITS_MS.s;
}
