/** How numbers are written in the tables. */

import type { Goal, Judgement } from './figures.js';
import type { Spread } from './statistics.js';

/** Three digits that count, thousands set apart: `1,234`, `12.3`, `0.951`. */
export function numberText(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(size >= 10 ? 1 : digitsBelowTen(size));
}

/** `0.95× (0.93–0.97)`; the range only where there were several values. */
export function spreadText({ median, min, max }: Spread, unit: string): string {
  const middle = `${numberText(median)}${unit}`;
  return min === max ? middle : `${middle} (${numberText(min)}–${numberText(max)})`;
}

export function wantedText({ atLeast, atMost, unit }: Goal): string {
  if (atLeast !== undefined) return `≥ ${atLeast.toLocaleString('en-US')}${unit}`;
  return atMost === undefined ? 'for information' : `≤ ${atMost.toLocaleString('en-US')}${unit}`;
}

export function verdictText(goal: Goal, judgement: Judgement | undefined): string {
  if (judgement === undefined) return 'not measured';
  if (goal.atLeast === undefined && goal.atMost === undefined) return '–';
  return judgement.reached ? 'reached' : 'not reached';
}

function digitsBelowTen(size: number): number {
  return size >= 1 || size === 0 ? 2 : 3;
}
