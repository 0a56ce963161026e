/** What contestants cost in processor time, measured alike for all of them. */

import { readFile } from 'node:fs/promises';
import type { Bench } from './bench.js';
import type { Series } from './figures.js';
import { interleave } from './interleaving.js';
import { pairedRatios } from './statistics.js';

/** Linux counts in hundredths of a second, whatever its own clock does. */
const MS_PER_TICK = 10;

/** Which fields of /proc/self/stat hold it, counted from the one behind the program's name. */
const CHILD_USER = 13;
const CHILD_SYSTEM = 14;

/**
 * Processor time, in ms, of all processes that this one has waited for, their threads and their own
 * children included. The difference around the life of a process is what that process took: nothing
 * else may end meanwhile.
 */
export async function endedChildrenMs(): Promise<number> {
  const stat = await readFile('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[CHILD_USER]) + Number(fields[CHILD_SYSTEM])) * MS_PER_TICK;
}

/** What one measurement gave. */
export interface Measured {
  readonly perSecond: number;
  /** For each comic. */
  readonly processorMs: number;
}

export interface TimedContestant {
  readonly name: string;
  /** Measures once. */
  readonly measure: () => Promise<Measured>;
}

/** Comics a second of each contestant, with their processor time a comic. */
export async function interleaveTimed(
  bench: Bench,
  repeat: number,
  contestants: readonly TimedContestant[],
): Promise<Series[]> {
  const timed = contestants.map(({ name, measure }) => {
    const processorMs: number[] = [];
    const measureOnce = async (): Promise<number> => {
      const measured = await measure();
      processorMs.push(measured.processorMs);
      return measured.perSecond;
    };
    return { name, processorMs, measure: measureOnce };
  });
  const values = await interleave(bench, repeat, timed);
  return timed.map(({ name, processorMs }) => ({
    contestant: name,
    unit: 'comics/s',
    values: values.get(name) ?? [],
    processorMs,
  }));
}

/** The speeds of one contestant against those of another; none where either was not measured. */
export function ratiosOf(series: readonly Series[], name: string, other: string): number[] {
  const speeds = (of: string): readonly number[] =>
    series.find(({ contestant }) => contestant === of)?.values ?? [];
  return pairedRatios(speeds(name), speeds(other));
}
