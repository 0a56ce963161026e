/**
 * `/metrics`, in the text format of Prometheus or as OpenMetrics, whichever is asked for. The values are the
 * newest that were read; none is counted here.
 */

import { type Request, Router } from 'express';
import {
  collectDefaultMetrics,
  Counter,
  Gauge,
  type Metric,
  type OpenMetricsContentType,
  type PrometheusContentType,
  Registry,
} from 'prom-client';
import { KIND_NAMES, kindOf } from '../shared/kinds/kinds.js';
import { type QueueTotals, readQueueTotals } from '../shared/queues/queue-state.js';
import { type JobQueue, QUEUES } from '../shared/queues/queue.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { shownFigures } from '../shared/report/passes.js';
import { middleMs } from '../shared/runs/tally.js';
import type { QueueActivity } from './api/panel-view.js';
import type { ListedRun } from './live/run-list.js';
import type { Panel } from './live/panel.js';
import type { RedisWatch } from './live/redis-watch.js';

/** Upper bounds of the buckets, in seconds. */
const FETCH_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const WAIT_BOUNDS = [0.01, 0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200, 28_800];

/** Gauges of prom-client whose names end as only a counter's may; the same by type stay. */
const MISNAMED = ['active_handles_total', 'active_requests_total', 'active_resources_total'];

const PREFIX = 'comic_queue_';
const BOARD_PREFIX = `${PREFIX}board_`;

interface Sources {
  readonly connection: RedisConnection;
  readonly panel: Panel;
  readonly watch: RedisWatch;
  readonly version: string;
}

/** Everything that is served, as it was at one moment. */
interface Snapshot {
  readonly activity: readonly QueueActivity[];
  readonly listed: readonly ListedRun[];
  readonly totals: readonly QueueTotals[];
}

/** The formats, with the media types by which they are asked for; the first unless another is wanted. */
const FORMATS: readonly (readonly [mediaType: string, contentType: ContentType])[] = [
  ['text/plain;version=0.0.4', Registry.PROMETHEUS_CONTENT_TYPE],
  ['text/plain', Registry.PROMETHEUS_CONTENT_TYPE],
  ['application/openmetrics-text;version=1.0.0', Registry.OPENMETRICS_CONTENT_TYPE],
];

export function metricsRoutes({ connection, panel, watch, version }: Sources): Router {
  const byType = new Map<ContentType, Metrics>();
  const metricsOf = (contentType: ContentType): Metrics => {
    const metrics = byType.get(contentType) ?? createMetrics(contentType, version);
    byType.set(contentType, metrics);
    return metrics;
  };
  const read = async (): Promise<Snapshot> => {
    const [activity, listed, totals] = await Promise.all([
      panel.activity(),
      panel.runs.newest().then((numbers) => panel.runs.list(numbers)),
      Promise.all(QUEUES.map(({ name }) => readQueueTotals(connection, name))),
    ]);
    return { activity, listed, totals };
  };
  const router = Router();
  router.get('/metrics', async (request, response) => {
    const metrics = metricsOf(wantedType(request));
    const snapshot = await watch.reach(read).catch(() => undefined);
    // Set in one go: a scrape beside this one must not see half of it.
    if (snapshot !== undefined) setAll(metrics, snapshot);
    metrics.redisUp.set(snapshot === undefined ? 0 : 1);
    response.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });
  return router;
}

function wantedType(request: Request): ContentType {
  const wanted = request.accepts(FORMATS.map(([mediaType]) => mediaType));
  const [, contentType] = FORMATS.find(([mediaType]) => mediaType === wanted) ?? [];
  return contentType ?? Registry.PROMETHEUS_CONTENT_TYPE;
}

function setAll(metrics: Metrics, { activity, listed, totals }: Snapshot): void {
  for (const one of activity) setQueue(metrics, one);
  setRuns(metrics, listed);
  const counters: readonly Pick<Counter, 'reset'>[] = [
    metrics.ended,
    metrics.retries,
    metrics.bytes,
    metrics.stalls,
  ];
  for (const counter of counters) counter.reset();
  for (const [index, queue] of QUEUES.entries()) {
    const counted = totals[index];
    if (counted !== undefined) addTotals(metrics, queue, counted);
  }
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
  metrics.speedUp.reset();
  for (const kind of KIND_NAMES) {
    const own = listed.filter(({ run }) => run.kind === kind);
    metrics.liveRuns.set({ kind }, own.filter(({ report }) => report === undefined).length);
    const speedUps = own.flatMap(({ report }) => report?.comparison?.speedUp ?? []);
    if (speedUps[0] !== undefined) metrics.speedUp.set({ kind }, speedUps[0]);
  }
  for (const { name, kind } of QUEUES) {
    const rates = listed.flatMap(({ run, report }) =>
      run.queue.name === name && report !== undefined
        ? (shownFigures(report).throughputPerSecond ?? [])
        : [],
    );
    if (rates[0] !== undefined) metrics.throughput.set({ kind, queue: name }, rates[0]);
  }
}

/** Redis counts: not even a board that starts again lets a counter go back. */
function addTotals(metrics: Metrics, { kind, name: queue }: JobQueue, totals: QueueTotals): void {
  const labels = { kind, queue };
  for (const [outcome, count] of Object.entries(totals.outcomes)) {
    metrics.ended.inc({ ...labels, outcome }, count);
  }
  for (const [reason, count] of Object.entries(totals.retries)) {
    metrics.retries.inc({ ...labels, reason }, count);
  }
  metrics.bytes.inc(labels, totals.bytes);
  metrics.stalls.inc(labels, totals.stalls);
  metrics.waits.set(labels, inSeconds(totals.waits));
  // A kind without a site fetches nothing: what its jobs took is no fetch time.
  if (kindOf(kind).site !== undefined) metrics.fetches.set(labels, inSeconds(totals.fetches));
}

function inSeconds({ histogram, sumMs }: QueueTotals['waits']): CountedTimes {
  return {
    counts: [...histogram].map(([bucket, count]) => [middleMs(bucket) / 1000, count]),
    sumSeconds: sumMs / 1000,
  };
}

/** The text format of Prometheus, or that of OpenMetrics. */
export type ContentType = PrometheusContentType | OpenMetricsContentType;

type Metrics = ReturnType<typeof metricsIn>;

/** Makes the metrics in a registry of their own: prom-client renames those of an OpenMetrics registry. */
export function createMetrics(contentType: ContentType, version: string): Metrics {
  const registry = new Registry<ContentType>();
  registry.setContentType(contentType);
  collectDefaultMetrics({ register: registry, prefix: BOARD_PREFIX });
  for (const name of MISNAMED) registry.removeSingleMetric(`${BOARD_PREFIX}nodejs_${name}`);
  return metricsIn(registry, version);
}

function metricsIn(registry: Registry<ContentType>, version: string) {
  const gauge = <Label extends string>(name: string, help: string, ...labels: Label[]) =>
    new Gauge<Label>({ name: `${PREFIX}${name}`, help, labelNames: labels, registers: [registry] });
  const counter = <Label extends string>(name: string, help: string, ...labels: Label[]) =>
    new Counter<Label | 'kind' | 'queue'>({
      name: `${PREFIX}${name}_total`,
      help,
      labelNames: ['kind', 'queue', ...labels],
      registers: [registry],
    });
  gauge('build_info', 'The version of the board, as a label; the value is 1', 'version').set(
    { version },
    1,
  );
  return {
    registry,
    redisUp: gauge('redis_up', 'Whether Redis answers; while it is 0 all else is as it was'),
    jobs: gauge('jobs', 'Jobs of a queue by state: waiting, active, delayed', 'queue', 'state'),
    paused: gauge('paused', 'Whether a person or the site has paused a queue', 'queue'),
    siteAway: gauge('site_away', 'Whether the site of a queue does not answer', 'queue'),
    starved: gauge(
      'starved_seconds',
      'How long jobs of a queue have waited with none started; 0 while paused, and below a minute or, at a slow rate, the time of two starts',
      'queue',
    ),
    workers: gauge('workers', 'Workers connected, by queue', 'queue'),
    slots: gauge('worker_slots', 'Jobs that the workers of a queue do at a time', 'queue'),
    liveRuns: gauge('live_runs', 'Runs that are not over', 'kind'),
    throughput: gauge(
      'throughput_jobs_per_second',
      'Throughput of the newest run of a queue that is over',
      'kind',
      'queue',
    ),
    speedUp: gauge(
      'speed_up_ratio',
      'Speed-up of the newest run that has a baseline of its selection',
      'kind',
    ),
    ended: counter('jobs_ended', 'Jobs that have ended, by outcome', 'outcome'),
    retries: counter('retries', 'Attempts that are made again, by reason', 'reason'),
    bytes: counter('stored_bytes', 'Bytes of the results that were stored'),
    stalls: counter('stalls', 'Jobs whose worker died or froze'),
    fetches: new CountedHistogram(registry, {
      name: `${PREFIX}fetch_seconds`,
      help: 'How long fetches took, those of attempts that were made again included',
      bounds: FETCH_BOUNDS,
    }),
    waits: new CountedHistogram(registry, {
      name: `${PREFIX}wait_seconds`,
      help: 'How long jobs that have ended had waited for their first start',
      bounds: WAIT_BOUNDS,
    }),
  };
}

interface HistogramOptions {
  readonly name: string;
  readonly help: string;
  /** Upper bounds of its buckets: ascending, in seconds. */
  readonly bounds: readonly number[];
}

/** Fetch times that have been counted: how many took about so many seconds, and all of them together. */
export interface CountedTimes {
  readonly counts: Iterable<readonly [seconds: number, count: number]>;
  readonly sumSeconds: number;
}

/**
 * A histogram that is filled with counts. prom-client's own takes one observation at a time, and Redis
 * holds those of millions of fetches as counts.
 */
class CountedHistogram {
  readonly name: string;
  readonly #options: HistogramOptions;
  readonly #samples = new Map<string, readonly object[]>();

  /** Registers itself. */
  constructor(registry: Registry<ContentType>, options: HistogramOptions) {
    this.name = options.name;
    this.#options = options;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a registry uses the name and `get` of a metric, and its type asks for a class of its own
    registry.registerMetric(this as unknown as Metric);
  }

  /** Takes what has been counted under these labels so far. */
  set(labels: Readonly<Record<string, string>>, { counts, sumSeconds }: CountedTimes): void {
    const { bounds } = this.#options;
    const perBucket = Array.from({ length: bounds.length + 1 }, () => 0);
    for (const [seconds, count] of counts) {
      const place = bounds.findIndex((bound) => seconds <= bound);
      const index = place < 0 ? bounds.length : place;
      perBucket[index] = (perBucket[index] ?? 0) + count;
    }
    let below = 0;
    const buckets = perBucket.map((count, index) => {
      below += count;
      const le = bounds[index] ?? '+Inf';
      return { metricName: `${this.name}_bucket`, labels: { ...labels, le }, value: below };
    });
    this.#samples.set(JSON.stringify(labels), [
      ...buckets,
      { metricName: `${this.name}_sum`, labels, value: sumSeconds },
      { metricName: `${this.name}_count`, labels, value: below },
    ]);
  }

  /** What the registry asks of its metrics at a scrape. */
  get(): object {
    const { name, help } = this.#options;
    return { name, help, type: 'histogram', values: [...this.#samples.values()].flat() };
  }
}
