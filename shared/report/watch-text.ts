/** A watch in words, the same on the terminal and on the board. */

import { kindOf } from '../kinds/kinds.js';
import type { ScheduledWatch } from '../queues/watches.js';
import { formatRoughDuration } from './format.js';

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
] as const;

/** `comics are watched every 1 h: known up to 3328, next look in 12 min`. `nowMs` is Redis time. */
export function watchText(watched: ScheduledWatch, nowMs: number): string {
  const { kind, everyMs, known, nextAtMs, pictures, problem } = watched;
  const what = `${kindOf(kind).plural}${pictures ? ' and their pictures' : ''}`;
  const leftMs = (nextAtMs ?? nowMs) - nowMs;
  const next = leftMs > 0 ? `next look in ${formatRoughDuration(leftMs)}` : 'next look due';
  const failed = problem === '' ? '' : `. The last look failed: ${problem}`;
  return `${what} are watched every ${everyText(everyMs)}: known up to ${known}, ${next}${failed}`;
}

/** `1 h`, `90 min`, `1 d`: in the largest unit that needs no fraction. */
export function everyText(everyMs: number): string {
  const [unit, unitMs] = UNITS.find(([, ms]) => everyMs % ms === 0) ?? ['s', 1000];
  return `${everyMs / unitMs} ${unit}`;
}
