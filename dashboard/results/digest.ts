/** The slowest fetches of each run, from the journals of a store. */

import type { ResultArchive, ResultRecord } from '../../shared/store/result-store.js';

const SLOWEST_SHOWN = 10;

/** A page waits this long for the first digest; then it says that there is none yet. */
const PATIENCE_MS = 1000;

/** A digest is fresh for this long, */
const FRESH_MS = 3000;

/** and for this many times as long as it took to read: reading never keeps the process busy. */
const REST_FACTOR = 20;

const EMPTY: FetchDigest = { fetches: 0, slowest: [] };

export interface FetchDigest {
  /** Answers of the run that the journals hold. */
  readonly fetches: number;
  /** Slowest first. */
  readonly slowest: readonly ResultRecord[];
}

/** Reads the journals again when they were read long enough ago. */
export class FetchDigests {
  readonly #archive: ResultArchive;
  #digests: ReadonlyMap<string, FetchDigest> = new Map();
  #freshUntilMs = 0;
  #reading: Promise<void> | undefined;

  constructor(archive: ResultArchive) {
    this.#archive = archive;
  }

  /**
   * The digest of a run (`run-7`), as far as it is known within a second; `isWhole` is false while
   * the journals are still being read.
   */
  async of(run: string): Promise<{ digest: FetchDigest; isWhole: boolean }> {
    if (performance.now() >= this.#freshUntilMs) {
      this.#reading ??= this.#read();
      await Promise.race([this.#reading, patience()]);
    }
    const digest = this.#digests.get(run) ?? EMPTY;
    return { digest, isWhole: this.#reading === undefined };
  }

  async #read(): Promise<void> {
    const begunMs = performance.now();
    try {
      const digests = new Map<string, FetchDigest>();
      for await (const record of this.#archive.records()) {
        digests.set(record.run, withRecord(digests.get(record.run) ?? EMPTY, record));
      }
      this.#digests = digests;
      const tookMs = performance.now() - begunMs;
      this.#freshUntilMs = performance.now() + FRESH_MS + tookMs * REST_FACTOR;
    } finally {
      this.#reading = undefined;
    }
  }
}

function patience(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PATIENCE_MS).unref());
}

function withRecord(digest: FetchDigest, record: ResultRecord): FetchDigest {
  return {
    fetches: digest.fetches + 1,
    slowest: withSlow(digest.slowest, record),
  };
}

function withSlow(slowest: readonly ResultRecord[], record: ResultRecord): readonly ResultRecord[] {
  const least = slowest[SLOWEST_SHOWN - 1];
  if (least !== undefined && least.durationMs >= record.durationMs) return slowest;
  return [...slowest, record]
    .toSorted((a, b) => b.durationMs - a.durationMs)
    .slice(0, SLOWEST_SHOWN);
}
