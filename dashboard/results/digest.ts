/** The slowest fetches of each run, from the records of a store. */

import { LRUCache } from 'lru-cache';
import { errorText } from '../../shared/base/errors.js';
import type { ResultArchive, ResultRecord } from '../../shared/store/result-store.js';

const SLOWEST_SHOWN = 10;

/** A page waits this long for the first digest; then it says that there is none yet. */
const PATIENCE_MS = 1000;

/** A digest is fresh for this long, */
const FRESH_MS = 3000;

/** and for this many times as long as it took to read: reading never keeps the process busy. */
const REST_FACTOR = 20;

/** Further than this no two clocks are apart. */
const CLOCKS_APART_MS = 10 * 60_000;

/** More runs than people look at in a while. */
const RUNS_REMEMBERED = 100;

export interface FetchDigest {
  /** Slowest first. */
  readonly slowest: readonly ResultRecord[];
  /** What is to be said of it: it is being read for the first time, or cannot be; empty otherwise. */
  readonly note: string;
}

interface Known {
  digest: FetchDigest;
  freshUntilMs: number;
  reading: Promise<void> | undefined;
}

/** Reads the records of a run again when they were read long enough ago. */
export class FetchDigests {
  readonly #archive: ResultArchive;
  readonly #runs = new LRUCache<string, Known>({ max: RUNS_REMEMBERED });

  constructor(archive: ResultArchive) {
    this.#archive = archive;
  }

  /** The digest of a run (`run-7`) made at a time, as far as it is known within a second. */
  async of(run: string, createdAtMs: number): Promise<FetchDigest> {
    const known = this.#runs.get(run) ?? {
      digest: { slowest: [], note: 'The records of its fetches are still being read.' },
      freshUntilMs: 0,
      reading: undefined,
    };
    this.#runs.set(run, known);
    if (performance.now() >= known.freshUntilMs) {
      known.reading ??= this.#read(run, createdAtMs, known);
      await Promise.race([known.reading, patience()]);
    }
    return known.digest;
  }

  async #read(run: string, createdAtMs: number, known: Known): Promise<void> {
    const begunMs = performance.now();
    let slowest: readonly ResultRecord[] = [];
    try {
      const since = new Date(createdAtMs - CLOCKS_APART_MS);
      for await (const record of this.#archive.records(since)) {
        if (record.run === run) slowest = withSlow(slowest, record);
      }
      known.digest = { slowest, note: '' };
    } catch (error) {
      // The page has more to tell than this, and the next reading may go well.
      known.digest = { ...known.digest, note: `${errorText(error)}.` };
    }
    const tookMs = performance.now() - begunMs;
    known.freshUntilMs = performance.now() + FRESH_MS + tookMs * REST_FACTOR;
    known.reading = undefined;
  }
}

function patience(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PATIENCE_MS).unref());
}

function withSlow(slowest: readonly ResultRecord[], record: ResultRecord): readonly ResultRecord[] {
  const least = slowest[SLOWEST_SHOWN - 1];
  if (least !== undefined && least.durationMs >= record.durationMs) return slowest;
  return [...slowest, record]
    .toSorted((a, b) => b.durationMs - a.durationMs)
    .slice(0, SLOWEST_SHOWN);
}
