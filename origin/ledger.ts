/** Records requests and answers, as evidence for tests and benchmarks. */

/** Requests that are kept, the last ones; older ones are only counted. */
const ENTRIES_MAX = 100_000;

/** Longer paths are cut, so that the ledger stays below some 60 MB. */
const PATH_CHARACTERS_MAX = 512;

/** Ten minutes of per-second counts. */
const SECONDS_MAX = 600;

/** One request. */
export interface LedgerRow {
  /** Counts up from 1 in the order of arrival. */
  readonly sequence: number;
  /** Arrival, in milliseconds since 1970 with fractions. */
  readonly atMs: number;
  readonly path: string;
  /** The status sent; 0 before, and for answers that are not HTTP. */
  readonly status: number;
  /** From arrival to the end of the answer or of the connection; -1 before that. */
  readonly durationMs: number;
  /** The fault that hit the request, or ''. */
  readonly fault: string;
}

/** The figures of `GET /__origin/stats`. */
export interface OriginStats {
  readonly requests: number;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly byFault: Readonly<Record<string, number>>;
  readonly active: number;
  /** The most requests in flight at one time. */
  readonly concurrencyPeak: number;
  /** Requests by second of arrival (since 1970), the last ten minutes of them. */
  readonly perSecond: readonly { readonly second: number; readonly requests: number }[];
}

/** An arrival that is not finished yet. */
export interface LedgerEntry {
  readonly slot: number;
  readonly sequence: number;
  readonly startMs: number;
  finished: boolean;
}

/** A bounded record of requests that hardly allocates. */
export class Ledger {
  #sequence = 0;
  #active = 0;
  #concurrencyPeak = 0;
  readonly #paths: string[] = [];
  readonly #faults: string[] = [];
  readonly #atMs = new Float64Array(ENTRIES_MAX);
  readonly #durationsMs = new Float64Array(ENTRIES_MAX);
  readonly #statuses = new Uint16Array(ENTRIES_MAX);
  readonly #byStatus = new Map<number, number>();
  readonly #byFault = new Map<string, number>();
  readonly #perSecond = new Map<number, number>();
  #second = 0;
  #secondRequests = 0;

  /** Requests whose answer has not ended. */
  get active(): number {
    return this.#active;
  }

  /** Records an arrival at `nowMs` of `performance.now()`. */
  arrive(path: string, nowMs: number): LedgerEntry {
    const slot = this.#sequence % ENTRIES_MAX;
    this.#sequence += 1;
    this.#paths[slot] =
      path.length > PATH_CHARACTERS_MAX ? path.slice(0, PATH_CHARACTERS_MAX) : path;
    this.#faults[slot] = '';
    this.#atMs[slot] = performance.timeOrigin + nowMs;
    this.#durationsMs[slot] = -1;
    this.#statuses[slot] = 0;
    this.#countSecond(Math.floor((performance.timeOrigin + nowMs) / 1_000));
    this.#active += 1;
    if (this.#active > this.#concurrencyPeak) this.#concurrencyPeak = this.#active;
    return { slot, sequence: this.#sequence, startMs: nowMs, finished: false };
  }

  /** Records the fault that hits a request. */
  fault(entry: LedgerEntry, name: string): void {
    this.#byFault.set(name, (this.#byFault.get(name) ?? 0) + 1);
    if (this.#holds(entry)) this.#faults[entry.slot] = name;
  }

  /** Records the status as it is sent: once, before the end. */
  answer(entry: LedgerEntry, status: number): void {
    this.#byStatus.set(status, (this.#byStatus.get(status) ?? 0) + 1);
    if (this.#holds(entry)) this.#statuses[entry.slot] = status;
  }

  /** Records the end of an answer or of its connection; further calls for the entry do nothing. */
  finish(entry: LedgerEntry, nowMs: number): void {
    if (entry.finished) return;
    entry.finished = true;
    this.#active -= 1;
    if (this.#holds(entry)) this.#durationsMs[entry.slot] = nowMs - entry.startMs;
  }

  stats(): OriginStats {
    return {
      requests: this.#sequence,
      byStatus: Object.fromEntries(this.#byStatus),
      byFault: Object.fromEntries(this.#byFault),
      active: this.#active,
      concurrencyPeak: this.#concurrencyPeak,
      perSecond: [...this.#perSecond, [this.#second, this.#secondRequests] as const]
        .filter(([, requests]) => requests > 0)
        .map(([second, requests]) => ({ second, requests })),
    };
  }

  /** The kept rows with a sequence above `after`, oldest first. */
  rows(after = 0): LedgerRow[] {
    const first = Math.max(after, this.#sequence - ENTRIES_MAX, 0);
    return Array.from({ length: Math.max(0, this.#sequence - first) }, (_, index) =>
      this.#row(first + index),
    );
  }

  #row(index: number): LedgerRow {
    const slot = index % ENTRIES_MAX;
    return {
      sequence: index + 1,
      atMs: this.#atMs[slot] ?? 0,
      path: this.#paths[slot] ?? '',
      status: this.#statuses[slot] ?? 0,
      durationMs: this.#durationsMs[slot] ?? -1,
      fault: this.#faults[slot] ?? '',
    };
  }

  #holds(entry: LedgerEntry): boolean {
    return this.#sequence - entry.sequence < ENTRIES_MAX;
  }

  #countSecond(second: number): void {
    if (second !== this.#second) {
      if (this.#secondRequests > 0) this.#perSecond.set(this.#second, this.#secondRequests);
      for (const oldest of this.#perSecond.keys()) {
        if (this.#perSecond.size < SECONDS_MAX) break;
        this.#perSecond.delete(oldest);
      }
      this.#second = second;
      this.#secondRequests = 0;
    }
    this.#secondRequests += 1;
  }
}
