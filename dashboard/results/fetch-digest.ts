/** What the journals of a store say, summed up: the slowest fetches, and how much was fetched. */

import type { ResultArchive, ResultRecord } from '../../shared/store/result-store.js';
import { Refreshed } from './refreshed.js';

const SLOWEST_SHOWN = 20;

export interface FetchDigest {
  readonly fetches: number;
  readonly bytes: number;
  /** Fetches that were not the first attempt of their job. */
  readonly retried: number;
  /** Slowest first. */
  readonly slowest: readonly ResultRecord[];
}

/** Sums up the journals, of one run (`run-7`) or of all. */
export class FetchDigests {
  readonly #archive: ResultArchive;
  readonly #digest: Refreshed<Map<string, FetchDigest>>;

  constructor(archive: ResultArchive) {
    this.#archive = archive;
    this.#digest = new Refreshed(() => this.#read());
  }

  /** The digest of a run, or of all; `isWhole` is false while the journals are still being read. */
  async of(run: string | undefined): Promise<{ digest: FetchDigest; isWhole: boolean }> {
    const { value, isWhole } = await this.#digest.get();
    return { digest: value?.get(run ?? ALL) ?? EMPTY, isWhole };
  }

  async #read(): Promise<Map<string, FetchDigest>> {
    const digests = new Map<string, FetchDigest>();
    for await (const record of this.#archive.records()) {
      for (const name of [ALL, record.run]) {
        digests.set(name, withRecord(digests.get(name) ?? EMPTY, record));
      }
    }
    return digests;
  }
}

const ALL = '';

const EMPTY: FetchDigest = { fetches: 0, bytes: 0, retried: 0, slowest: [] };

function withRecord(digest: FetchDigest, record: ResultRecord): FetchDigest {
  return {
    fetches: digest.fetches + 1,
    bytes: digest.bytes + record.bytes,
    retried: digest.retried + (record.attempt > 1 ? 1 : 0),
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
