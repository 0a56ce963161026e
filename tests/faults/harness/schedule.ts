/** A schedule of faults, made of a seed: the same seed gives the same faults at the same times. */

import { createRandom, type Random } from '../../../origin/random.js';
import { FAULT_TABLE, type FaultKind } from './fault-table.js';

export interface PlannedFault {
  readonly name: string;
  readonly kind: FaultKind;
  /** Since the trouble began. */
  readonly atMs: number;
  readonly lastsMs: number;
}

export interface ScheduleOptions {
  readonly seed: number;
  readonly seconds: number;
  /** Between two faults, at least and at most; they may overlap where they hit different targets. */
  readonly gapMs: readonly [number, number];
}

/** Between two faults of a trial: so close that many overlap. */
export const GAP_MS = [300, 2500] as const;

/** Before the first fault work is under way. */
const FIRST_AT_MS = 1500;

/** Plans faults, all of which are over when the time is. */
export function planFaults({ seed, seconds, gapMs }: ScheduleOptions): PlannedFault[] {
  const random = createRandom(seed);
  const busyUntilMs = new Map<string, number>();
  const planned: PlannedFault[] = [];
  for (let atMs = FIRST_AT_MS; atMs < seconds * 1000; atMs += within(gapMs, random)) {
    const name = pick([...FAULT_TABLE.keys()], random);
    const kind = FAULT_TABLE.get(name);
    const lastsMs = within(kind?.lastsMs ?? [0, 0], random);
    if (kind === undefined || atMs < (busyUntilMs.get(kind.target) ?? 0)) continue;
    if (atMs + lastsMs > seconds * 1000) continue;
    busyUntilMs.set(kind.target, atMs + lastsMs);
    planned.push({ name, kind, atMs, lastsMs });
  }
  return planned;
}

/** A fault by name, at a time: for schedules that are written down. */
export function faultAt(name: string, atMs: number, lastsMs: number): PlannedFault {
  const kind = FAULT_TABLE.get(name);
  if (kind === undefined) throw new Error(`There is no fault "${name}"`);
  return { name, kind, atMs, lastsMs };
}

/** The schedule as it is printed, a fault a line. */
export function scheduleLines(planned: readonly PlannedFault[]): string[] {
  return planned.map(({ name, atMs, lastsMs }) => {
    const at = (atMs / 1000).toFixed(1).padStart(7);
    return `${at} s  ${name}${lastsMs === 0 ? '' : ` for ${(lastsMs / 1000).toFixed(1)} s`}`;
  });
}

function within([least, most]: readonly [number, number], random: Random): number {
  return Math.round(least + (most - least) * random());
}

function pick<T>(values: readonly T[], random: Random): T {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new Error('There is nothing to pick');
  return value;
}
