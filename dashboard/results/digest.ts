/** What the journals of a store say, summed up: the slowest fetches, and how much was fetched. */

import { type Outcome, OUTCOMES } from '../../shared/base/outcome.js';
import type { Report } from '../../shared/report/report.js';
import type { ResultArchive, ResultRecord } from '../../shared/store/result-store.js';

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

export type Counts = Readonly<Record<string, number>>;

export interface KindSummary {
  readonly kind: string;
  readonly runs: number;
  readonly ended: number;
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>;
}

export interface RunSummary {
  readonly runs: number;
  readonly ended: number;
  readonly bytes: number;
  readonly kinds: readonly KindSummary[];
  /** Most frequent first, as are the next two. */
  readonly statuses: readonly Counted[];
  readonly reasons: readonly Counted[];
  readonly retries: readonly Counted[];
}

export interface Counted {
  readonly name: string;
  readonly count: number;
}

/** Adds reports up. */
export function summaryOf(reports: readonly Report[]): RunSummary {
  const kinds = [...new Set(reports.map(({ kind }) => kind))];
  return {
    runs: reports.length,
    ended: total(reports.map(({ ended }) => ended)),
    bytes: total(reports.map(({ bytes }) => bytes)),
    kinds: kinds.map((kind) => kindSummary(reports, kind)),
    statuses: added(reports.map(({ statuses }) => statuses)),
    reasons: added(reports.map(({ reasons }) => reasons)),
    retries: added(reports.map(({ retries }) => retries)),
  };
}

function kindSummary(reports: readonly Report[], kind: string): KindSummary {
  const own = reports.filter((report) => report.kind === kind);
  const outcomes = OUTCOMES.map(
    (outcome) => [outcome, total(own.map((report) => report.outcomes[outcome] ?? 0))] as const,
  );
  return {
    kind,
    runs: own.length,
    ended: total(own.map(({ ended }) => ended)),
    outcomes: Object.fromEntries(outcomes.filter(([, count]) => count > 0)),
  };
}

function added(all: readonly Counts[]): Counted[] {
  const sums = new Map<string, number>();
  for (const [name, count] of all.flatMap((counts) => Object.entries(counts))) {
    sums.set(name, (sums.get(name) ?? 0) + count);
  }
  return [...sums].map(([name, count]) => ({ name, count })).toSorted((a, b) => b.count - a.count);
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** A page waits this long for a first value; then it says that there is none yet. */
const PATIENCE_MS = 1000;

/** The value is taken as it is for this long, */
const FRESH_MS = 3000;

/** and for this many times as long as it took: it never keeps the process busy. */
const REST_FACTOR = 20;

class Refreshed<T> {
  readonly #load: () => Promise<T>;
  #value: T | undefined;
  #freshUntilMs = 0;
  #loading: Promise<void> | undefined;

  constructor(load: () => Promise<T>) {
    this.#load = load;
  }

  /**
   * The newest value there is within a second; undefined where there is none at all yet. `isWhole`
   * says whether it is as new as it should be.
   */
  async get(): Promise<{ value: T | undefined; isWhole: boolean }> {
    if (performance.now() >= this.#freshUntilMs) {
      this.#loading ??= this.#refresh();
      await Promise.race([this.#loading, patience()]);
    }
    return { value: this.#value, isWhole: this.#loading === undefined };
  }

  async #refresh(): Promise<void> {
    const begunMs = performance.now();
    try {
      this.#value = await this.#load();
      const tookMs = performance.now() - begunMs;
      this.#freshUntilMs = performance.now() + FRESH_MS + tookMs * REST_FACTOR;
    } finally {
      this.#loading = undefined;
    }
  }
}

function patience(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PATIENCE_MS).unref());
}
