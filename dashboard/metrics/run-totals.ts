/**
 * Totals over all runs, as counters that never fall. Runs are forgotten one day, so this remembers
 * how much each has added already.
 */

import { LRUCache } from 'lru-cache';
import { OUTCOMES } from '../../shared/base/outcome.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { isLive, type Run } from '../../shared/runs/run.js';
import { HISTOGRAM_STEP, readTally, type Tally } from '../../shared/runs/tally.js';

/** What a run has added since it was last looked at. */
export interface Addition {
  readonly kind: string;
  readonly outcomes: ReadonlyMap<string, number>;
  readonly retries: ReadonlyMap<string, number>;
  readonly bytes: number;
  readonly stalls: number;
  /** Counts of fetches by their time in seconds. */
  readonly fetches: ReadonlyMap<number, number>;
  readonly fetchSeconds: number;
}

type Flat = ReadonlyMap<string, number>;

/** Ended runs that are remembered as counted: more than Redis keeps. */
const COUNTED_MAX = 5000;

export class RunTotals {
  readonly #connection: RedisConnection;
  readonly #before = new Map<number, Flat>();
  readonly #counted = new LRUCache<number, true>({ max: COUNTED_MAX });

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  /** What each of these runs has added since the last time. */
  async additions(runs: readonly Run[]): Promise<Addition[]> {
    const open = runs.filter(({ number }) => !this.#counted.has(number));
    return Promise.all(
      open.map(async (run) => {
        const flat = flatten(await readTally(this.#connection, run.number));
        const before = this.#before.get(run.number) ?? new Map<string, number>();
        this.#remember(run, flat);
        return additionOf(
          run.kind,
          (name) => {
            const change = (flat.get(name) ?? 0) - (before.get(name) ?? 0);
            return Math.max(0, change);
          },
          [...flat.keys()],
        );
      }),
    );
  }

  #remember(run: Run, flat: Flat): void {
    this.#before.set(run.number, flat);
    if (isLive(run) || run.state === 'abandoned') return;
    this.#before.delete(run.number);
    this.#counted.set(run.number, true);
  }
}

/** A tally as one map of numbers, by which two of them are told apart. */
function flatten(tally: Tally): Flat {
  return new Map([
    ...OUTCOMES.map((outcome): [string, number] => [`outcome ${outcome}`, tally.outcomes[outcome]]),
    ...named('retry ', tally.retries),
    ...[...tally.fetch.histogram].map(([bucket, count]): [string, number] => [
      `fetch ${bucket}`,
      count,
    ]),
    ['bytes', tally.bytes],
    ['stalls', tally.stalls],
    ['fetchMs', tally.fetch.sumMs],
  ]);
}

function additionOf(
  kind: string,
  changeOf: (name: string) => number,
  names: readonly string[],
): Addition {
  const changes = (prefix: string): Map<string, number> =>
    new Map(
      names
        .filter((name) => name.startsWith(prefix) && changeOf(name) > 0)
        .map((name) => [name.slice(prefix.length), changeOf(name)]),
    );
  return {
    kind,
    outcomes: changes('outcome '),
    retries: changes('retry '),
    bytes: changeOf('bytes'),
    stalls: changeOf('stalls'),
    fetches: new Map(
      [...changes('fetch ')].map(([bucket, count]) => [secondsOf(Number(bucket)), count]),
    ),
    fetchSeconds: changeOf('fetchMs') / 1000,
  };
}

function named(
  prefix: string,
  counts: Readonly<Record<string, number>>,
): (readonly [string, number])[] {
  return Object.entries(counts).map(([name, count]) => [`${prefix}${name}`, count]);
}

/** The middle of a bucket of the tally: bucket b holds times from step^b / 10 ms. */
function secondsOf(bucket: number): number {
  return HISTOGRAM_STEP ** (bucket + 0.5) / 10_000;
}
