/** How fast each worker is: jobs that ended on it a second, by two looks at the tallies of runs. */

import type { RedisConnection } from '../../shared/redis/connection.js';
import { KEYS } from '../../shared/redis/keys.js';
import { readTally } from '../../shared/runs/tally.js';

/** Two looks are at least this far apart: trackers count in steps of up to a second. */
const APART_MS = 3000;

/** A rate is over at most this long. */
const WINDOW_MS = 10_000;

/** Runs that are looked at: with more, rates are those of the newest. */
const RUNS_MAX = 50;

/** What had ended at a moment, by run and by worker. */
export interface WorkerCounts {
  /** By a steady clock, in milliseconds. */
  readonly atMs: number;
  readonly ended: ReadonlyMap<number, Readonly<Record<string, number>>>;
}

/** Looks at the tallies and remembers what it saw in the last ten seconds. */
export class WorkerRates {
  readonly #connection: RedisConnection;
  #looks: readonly WorkerCounts[] = [];

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  /** Jobs a second by worker; undefined at the first looks, when there is nothing to compare with. */
  async read(): Promise<ReadonlyMap<string, number> | undefined> {
    const live = await this.#connection.smembers(KEYS.liveRuns);
    // A run that has just ended counted on until then.
    const before = this.#looks.flatMap(({ ended }) => [...ended.keys()]);
    const runs = [...new Set([...live.map(Number), ...before])].toSorted((a, b) => b - a);
    const counted = runs
      .slice(0, RUNS_MAX)
      .map(async (run) => [run, (await readTally(this.#connection, run)).workers] as const);
    const now = { atMs: performance.now(), ended: new Map(await Promise.all(counted)) };
    this.#looks = [...this.#looks.filter(({ atMs }) => now.atMs - atMs <= WINDOW_MS), now];
    const first = this.#looks.find(({ atMs }) => now.atMs - atMs >= APART_MS);
    return first === undefined ? undefined : ratesBetween(first, now);
  }
}

/** Jobs a second by worker between two looks. */
export function ratesBetween(before: WorkerCounts, now: WorkerCounts): ReadonlyMap<string, number> {
  const seconds = (now.atMs - before.atMs) / 1000;
  const rates = new Map<string, number>();
  for (const [run, workers] of now.ended) {
    for (const [worker, count] of Object.entries(workers)) {
      const more = count - (before.ended.get(run)?.[worker] ?? 0);
      rates.set(worker, (rates.get(worker) ?? 0) + more / seconds);
    }
  }
  return rates;
}
