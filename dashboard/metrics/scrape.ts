/** `/metrics`, in the text format of Prometheus. */

import { Router } from 'express';
import { KIND_NAMES } from '../../shared/kinds/kinds.js';
import { type JobQueue, QUEUES } from '../../shared/queues/queue.js';
import { queueKeys } from '../../shared/queues/queue-keys.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import type { QueueActivity, Panel } from '../live/panel.js';
import type { RedisWatch } from '../live/redis-watch.js';
import type { ListedRun } from '../live/run-cache.js';
import { createMetrics, type Metrics } from './metrics.js';
import { type Addition, RunTotals } from './run-totals.js';

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
  const named = { queue: queue.name };
  metrics.jobs.set({ ...named, state: 'waiting' }, queue.waiting);
  metrics.jobs.set({ ...named, state: 'active' }, queue.active);
  metrics.jobs.set({ ...named, state: 'delayed' }, queue.delayed);
  metrics.paused.set(named, queue.pause === undefined ? 0 : 1);
  metrics.siteAway.set(named, queue.pause?.by === 'outage' ? 1 : 0);
  metrics.starved.set(named, Math.round(queue.starvedForMs / 1000));
  metrics.workers.set(named, workers);
  metrics.slots.set(named, atATime);
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
    const newest = listed.find(
      ({ run, report }) => run.queue.name === name && report?.throughputPerSecond !== undefined,
    );
    const rate = newest?.report?.throughputPerSecond;
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

/** Events looked at, a queue and scrape: a sample is enough for a distribution, and costs little. */
const EVENTS_READ = 400;

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
