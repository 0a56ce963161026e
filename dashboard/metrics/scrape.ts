/** `/metrics`, in the text format of Prometheus or as OpenMetrics, whichever is asked for. */

import { type Request, Router } from 'express';
import { type Counter, Registry } from 'prom-client';
import { KIND_NAMES, kindOf } from '../../shared/kinds/kinds.js';
import { QUEUES, type JobQueue } from '../../shared/queues/queue.js';
import { type QueueTotals, readQueueTotals } from '../../shared/queues/queue-totals.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { shownFigures } from '../../shared/report/passes.js';
import { HISTOGRAM_STEP } from '../../shared/runs/tally.js';
import type { QueueActivity } from '../api/panel-view.js';
import type { ListedRun } from '../live/listed-run.js';
import type { Panel } from '../live/panel.js';
import type { RedisWatch } from '../live/redis-watch.js';
import { type ContentType, type CountedTimes, createMetrics, type Metrics } from './metrics.js';

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
    counts: [...histogram].map(([bucket, count]) => [secondsOf(bucket), count]),
    sumSeconds: sumMs / 1000,
  };
}

/** The middle of a bucket of the tally: bucket b holds times from step^b / 10 ms. */
function secondsOf(bucket: number): number {
  return HISTOGRAM_STEP ** (bucket + 0.5) / 10_000;
}
