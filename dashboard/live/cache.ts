/**
 * What the board takes from memory. Answers are shared by all who ask within a moment: twenty open tabs
 * cost as much as one. Runs that have ended are read once, live ones each time.
 */

import { LRUCache } from 'lru-cache';
import { countFailed } from '../../shared/base/outcome.js';
import { redisTime } from '../../shared/redis/clock.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { KEYS } from '../../shared/redis/keys.js';
import { compareToBaseline } from '../../shared/report/comparison.js';
import { findBaseline, storedReport } from '../../shared/report/read-report.js';
import { buildReport, type Report } from '../../shared/report/report.js';
import { readRun } from '../../shared/runs/run-store.js';
import { isLive, type Run } from '../../shared/runs/run.js';
import { readSeries, type Series } from '../../shared/runs/series.js';
import { readTally } from '../../shared/runs/tally.js';
import type { ListedRun, RunDetails } from './run-list.js';

/** More different questions than people have tabs. */
const KEYS_MAX = 100;

/** The newest runs, from which the board picks one to show. */
const RUNS_LISTED = 200;

/** A comparison has the number of its first run: its others are among so many that follow. */
const GROUP_WITHIN = 300;

/**
 * How long a run that has just ended is taken from memory: the figures over all passes of its
 * comparison are written beside it a little later. An abandoned one may be resumed at any time.
 */
const JUST_ENDED_FRESH_MS = 1000;
const JUST_ENDED_MS = 60_000;

/** How long one is that others may still change: a later pass of its comparison, a retry of its failures. */
const CHANGED_BY_OTHERS_FRESH_MS = 5000;

/** How long any other ended run is: it does not change any more. */
const ENDED_FRESH_MS = 60_000;

/** How long the baseline that was found for a live run is taken from memory. */
const BASELINE_FRESH_MS = 5000;

/** All that are kept, and their baselines. */
const RUNS_REMEMBERED = 2000;

type Load<T> = () => Promise<T>;

export class FreshCache<T extends object> {
  readonly #answers: LRUCache<string, T, Load<T>>;

  constructor(maxAgeMs: number) {
    this.#answers = new LRUCache({
      max: KEYS_MAX,
      ttl: maxAgeMs,
      // A value is as old as the question: what is loaded slowly must not be shown for longer.
      fetchMethod: async (_key, _stale, { context: load, options }) => {
        const begunAtMs = performance.now();
        const value = await load();
        options.ttl = Math.max(1, maxAgeMs - (performance.now() - begunAtMs));
        return value;
      },
      // What was known before an outage is shown during it.
      noDeleteOnFetchRejection: true,
      // A question that is pushed out while it is being answered is answered all the same.
      ignoreFetchAbort: true,
    });
  }

  /** The value of a key: loaded now, unless it is fresh or being loaded. */
  get(key: string, load: Load<T>): Promise<T> {
    return this.#answers.forceFetch(key, { context: load });
  }

  /** What a key was when it could last be loaded. */
  last(key: string): T | undefined {
    return this.#answers.peek(key, { allowStale: true });
  }
}

/** A search that found nothing is remembered too. */
interface FoundBaseline {
  readonly report: Report | undefined;
}

export class RunCache {
  readonly #connection: RedisConnection;
  readonly #ended = new LRUCache<number, ListedRun>({ max: RUNS_REMEMBERED, ttl: ENDED_FRESH_MS });
  readonly #courses = new LRUCache<number, Series>({ max: RUNS_REMEMBERED });
  /** Of live runs, and of those that ended without one. */
  readonly #baselines = new LRUCache<number, FoundBaseline>({
    max: RUNS_REMEMBERED,
    ttl: BASELINE_FRESH_MS,
  });

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  /** Numbers of the newest runs, newest first. */
  async newest(offset = 0, limit = RUNS_LISTED): Promise<number[]> {
    const last = offset + limit - 1;
    const numbers = await this.#connection.zrevrange(KEYS.runIndex, offset, last);
    return numbers.map(Number);
  }

  /** A run as a list shows it; undefined where there is no such run. */
  async listed(number: number): Promise<ListedRun | undefined> {
    const known = this.#ended.get(number);
    if (known !== undefined) return known;
    const run = await readRun(this.#connection, number);
    if (run === undefined) return undefined;
    if (isLive(run)) return { run, report: undefined };
    const listed = { run, report: storedReport(run) };
    this.#ended.set(number, listed, { ttl: freshMs(run, listed.report) });
    return listed;
  }

  /** The runs of one comparison, oldest first, however many have been made since. */
  async group(number: number): Promise<ListedRun[]> {
    const within = ['LIMIT', 0, GROUP_WITHIN] as const;
    const numbers = await this.#connection.zrangebyscore(KEYS.runIndex, number, '+inf', ...within);
    const listed = await this.list(numbers.map(Number));
    return listed.filter(({ run }) => run.group === number);
  }

  /** Several runs, in the order of their numbers; those that are gone are left out. */
  async list(numbers: readonly number[]): Promise<ListedRun[]> {
    const found = await Promise.all(numbers.map((number) => this.listed(number)));
    return found.filter((listed) => listed !== undefined);
  }

  /** A run with its report and its course; undefined where there is no such run. */
  async details(number: number): Promise<RunDetails | undefined> {
    const listed = await this.listed(number);
    if (listed === undefined) return undefined;
    const { run } = listed;
    const series = await this.#series(run);
    const report =
      listed.report === undefined
        ? await this.#reportNow(run, series)
        : await this.#withBaseline(run, listed.report);
    return { run, live: isLive(run), report, series };
  }

  /** A run that ended before there was a baseline is compared with the one there is now. */
  async #withBaseline(run: Run, report: Report): Promise<Report> {
    if (report.comparison !== null) return report;
    const baseline = await this.#baselineOf(run);
    if (baseline === undefined) return report;
    return { ...report, comparison: compareToBaseline(report, baseline) };
  }

  async #series(run: Run): Promise<Series> {
    const known = this.#courses.get(run.number);
    if (known !== undefined) return known;
    const series = await readSeries(this.#connection, run.number);
    if (!isLive(run) && run.state !== 'abandoned') this.#courses.set(run.number, series);
    return series;
  }

  async #reportNow(run: Run, series: Series): Promise<Report> {
    const [tally, nowMs] = await Promise.all([
      readTally(this.#connection, run.number),
      redisTime(this.#connection),
    ]);
    return this.#withBaseline(run, buildReport(run, tally, series, nowMs));
  }

  async #baselineOf(run: Run): Promise<Report | undefined> {
    const known = this.#baselines.get(run.number);
    if (known !== undefined) return known.report;
    const report = await findBaseline(this.#connection, run);
    this.#baselines.set(run.number, { report });
    return report;
  }
}

function freshMs(run: Run, report: Report | undefined): number {
  const mayChange = run.state === 'abandoned' || Date.now() - run.endedAtMs < JUST_ENDED_MS;
  if (mayChange) return JUST_ENDED_FRESH_MS;
  const openFailures = countFailed(report?.outcomes ?? {}) - run.recovered;
  return run.group > 0 || openFailures > 0 ? CHANGED_BY_OTHERS_FRESH_MS : ENDED_FRESH_MS;
}
