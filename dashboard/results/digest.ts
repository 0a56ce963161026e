/** What was fetched, summed up: over the journals of a store, and over the reports of runs. */

import { type Outcome, OUTCOMES } from '../../shared/base/outcome.js';
import type { Report } from '../../shared/report/report.js';
import type { ResultArchive, ResultRecord } from '../../shared/store/result-store.js';

const SLOWEST_SHOWN = 20;

/** A page waits this long for the first digest; then it says that there is none yet. */
const PATIENCE_MS = 1000;

/** A digest is fresh for this long, */
const FRESH_MS = 3000;

/** and for this many times as long as it took to read: reading never keeps the process busy. */
const REST_FACTOR = 20;

/** The digest of all runs. */
const ALL = '';

const EMPTY: FetchDigest = { fetches: 0, bytes: 0, retried: 0, slowest: [] };

export interface FetchDigest {
  readonly fetches: number;
  readonly bytes: number;
  /** Fetches that were not the first attempt of their job. */
  readonly retried: number;
  /** Slowest first. */
  readonly slowest: readonly ResultRecord[];
}

/** Sums up the journals: by run, and all of them. */
export class FetchDigests {
  readonly #archive: ResultArchive;
  #digests: ReadonlyMap<string, FetchDigest> = new Map();
  #freshUntilMs = 0;
  #reading: Promise<void> | undefined;

  constructor(archive: ResultArchive) {
    this.#archive = archive;
  }

  /**
   * The digest of a run (`run-7`), or of all, as far as it is known within a second; `isWhole` is
   * false while the journals are still being read.
   */
  async of(run: string | undefined): Promise<{ digest: FetchDigest; isWhole: boolean }> {
    if (performance.now() >= this.#freshUntilMs) {
      this.#reading ??= this.#read();
      await Promise.race([this.#reading, patience()]);
    }
    const digest = this.#digests.get(run ?? ALL) ?? EMPTY;
    return { digest, isWhole: this.#reading === undefined };
  }

  async #read(): Promise<void> {
    const begunMs = performance.now();
    try {
      const digests = new Map<string, FetchDigest>();
      for await (const record of this.#archive.records()) {
        for (const name of [ALL, record.run]) {
          digests.set(name, withRecord(digests.get(name) ?? EMPTY, record));
        }
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
