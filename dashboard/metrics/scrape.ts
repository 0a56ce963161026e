/** `/metrics`, in the text format of Prometheus. */

import { Router } from 'express';
import { LRUCache } from 'lru-cache';
import { OUTCOMES } from '../../shared/base/outcome.js';
import { KIND_NAMES } from '../../shared/kinds/kinds.js';
import { type JobQueue, QUEUES } from '../../shared/queues/queue.js';
import { queueKeys } from '../../shared/queues/queue-keys.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { shownFigures } from '../../shared/report/passes.js';
import { isLive, type Run } from '../../shared/runs/run.js';
import { HISTOGRAM_STEP, readTally, type Tally } from '../../shared/runs/tally.js';
import type { QueueActivity } from '../api/panel-view.js';
import type { Panel } from '../live/panel.js';
import type { RedisWatch } from '../live/redis-watch.js';
import type { ListedRun } from '../live/listed-run.js';
import { createMetrics, type Metrics } from './metrics.js';

/** Ended runs that are remembered as counted: more than Redis keeps. */
const COUNTED_MAX = 5000;

/** Events looked at, a queue and scrape: a sample is enough for a distribution, and costs little. */
const EVENTS_READ = 400;

interface Sources {
  readonly connection: RedisConnection;
  readonly panel: Panel;
  readonly watch: RedisWatch;
}

export function metricsRoutes({ connection, panel, watch }: Sources): Router {
  const metrics = createMetrics();
  const totals = new RunTotals(connection);
  const sample = new WaitSample(connection);

  const update = async (): Promise<void> => {
    const listed = await panel.runs.list(await panel.runs.newest());
    const [activity, additions, waited] = await Promise.all([
      panel.activity(),
      totals.additions(listed.map(({ run }) => run)),
      Promise.all(QUEUES.map((queue) => sample.waits(queue))),
    ]);
    for (const one of activity) setQueue(metrics, one);
    setRuns(metrics, listed);
    for (const addition of additions) addTotals(metrics, addition);
    for (const [index, { name }] of QUEUES.entries()) {
      for (const seconds of waited[index] ?? []) metrics.waits.observe({ queue: name }, seconds);
    }
  };

  // One at a time: two scrapes together would count what is new twice.
  let updating: Promise<void> | undefined;
  const updateOnce = (): Promise<void> => {
    updating ??= update().finally(() => {
      updating = undefined;
    });
    return updating;
  };
  const router = Router();
  router.get('/metrics', async (_request, response) => {
    const reached = await watch.reach(updateOnce).then(
      () => true,
      () => false,
    );
    metrics.redisUp.set(reached ? 1 : 0);
    response.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });
  return router;
}

function setQueue(metrics: Metrics, { queue, workers, atATime }: QueueActivity): void {
  const labels = { queue: queue.name };
  metrics.jobs.set({ ...labels, state: 'waiting' }, queue.waiting);
  metrics.jobs.set({ ...labels, state: 'active' }, queue.active);
  metrics.jobs.set({ ...labels, state: 'delayed' }, queue.delayed);
  metrics.paused.set(labels, queue.pause === undefined ? 0 : 1);
  metrics.siteAway.set(labels, queue.pause?.by === 'outage' ? 1 : 0);
  metrics.starved.set(labels, Math.round(queue.starvedForMs / 1000));
  metrics.workers.set(labels, workers);
  metrics.slots.set(labels, atATime);
}

/** `listed` is newest first: what is found first counts. */
function setRuns(metrics: Metrics, listed: readonly ListedRun[]): void {
  for (const kind of KIND_NAMES) {
    const own = listed.filter(({ run }) => run.kind === kind);
    metrics.liveRuns.set({ kind }, own.filter(({ report }) => report === undefined).length);
    const speedUp = own.find(({ report }) => typeof report?.comparison?.speedUp === 'number');
    const ratio = speedUp?.report?.comparison?.speedUp;
    if (typeof ratio === 'number') metrics.speedUp.set({ kind }, ratio);
  }
  for (const { name, kind } of QUEUES) {
    const reports = listed.flatMap(({ run, report }) =>
      run.queue.name === name && report !== undefined ? [shownFigures(report)] : [],
    );
    const rate = reports[0]?.throughputPerSecond;
    if (typeof rate === 'number') metrics.throughput.set({ kind, queue: name }, rate);
  }
}

function addTotals(metrics: Metrics, addition: Addition): void {
  const { kind } = addition;
  for (const [outcome, count] of addition.outcomes) metrics.ended.inc({ kind, outcome }, count);
  for (const [reason, count] of addition.retries) metrics.retries.inc({ kind, reason }, count);
  metrics.bytes.inc({ kind }, addition.bytes);
  metrics.stalls.inc({ kind }, addition.stalls);
  for (const [seconds, count] of addition.fetches) metrics.fetches.add(kind, seconds, count);
  metrics.fetches.addSum(kind, addition.fetchSeconds);
}

/** What a run has added since it was last looked at. */
interface Addition {
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

/**
 * Totals over all runs, as counters that never fall. Runs are forgotten one day, so this remembers
 * how much each has added already.
 */
class RunTotals {
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

class WaitSample {
  readonly #connection: RedisConnection;
  /** The newest event that was looked at, by queue. */
  readonly #seen = new Map<string, string>();

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  /**
   * Waits, in seconds, of jobs that were started since the last time. BullMQ's stream of events
   * says when a job became active, by Redis's clock; the job says when it was added.
   */
  async waits(queue: JobQueue): Promise<number[]> {
    const keys = queueKeys(queue.name);
    const seen = this.#seen.get(queue.name);
    const from = seen === undefined ? '-' : `(${seen}`;
    const events = await this.#connection.xrevrange(keys.events, '+', from, 'COUNT', EVENTS_READ);
    const newest = events[0]?.[0];
    if (newest !== undefined) this.#seen.set(queue.name, newest);
    const starts = events.filter(([, fields]) => fieldOf(fields, 'event') === 'active');
    const waits = await Promise.all(
      starts.map(async ([id, fields]) => {
        const job = fieldOf(fields, 'jobId') ?? '';
        const added = await this.#connection.hget(keys.job(job), 'timestamp');
        return added === null ? undefined : (Number(id.split('-', 1)[0]) - Number(added)) / 1000;
      }),
    );
    return waits.filter((wait) => wait !== undefined).map((wait) => Math.max(0, wait));
  }
}

function fieldOf(fields: readonly string[], name: string): string | undefined {
  const place = fields.indexOf(name);
  return place < 0 ? undefined : fields[place + 1];
}
