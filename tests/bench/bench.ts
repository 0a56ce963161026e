/** What every case works with. */

import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { Figures } from './figures.js';
import type { Processes } from './processes.js';
import type { Tools } from './tools.js';

export interface Bench {
  /** A smoke test: every size is tiny and the numbers mean nothing. */
  readonly quick: boolean;
  readonly repeat: number;
  /** The built command line of another checkout, to measure this one against. */
  readonly against: string | undefined;
  readonly tools: Tools;
  readonly processes: Processes;
  /** Everything is written below it: all contestants on one file system. */
  readonly scratch: string;
  /** Says how far it is. */
  readonly note: (line: string) => void;
}

export interface BenchCase {
  readonly name: string;
  readonly title: string;
  /** How it is measured, in one paragraph. */
  readonly method: string;
  measure(bench: Bench): Promise<Figures>;
}

/** One of two sizes. */
export function sized(bench: Bench, full: number, quick: number): number {
  return bench.quick ? quick : full;
}

/** Cases that take minutes are repeated less often. */
export function repeatOfLong(bench: Bench): number {
  return Math.min(bench.repeat, 3);
}

/**
 * Works in a directory of its own. It is deleted with the others when all is measured: ext4 passes
 * over freshly freed inodes one by one, so that deleting now would slow down who writes next.
 */
export async function inDirectory<T>(
  { scratch }: Bench,
  use: (directory: string) => Promise<T>,
): Promise<T> {
  return use(await mkdtemp(join(scratch, 'd-')));
}
