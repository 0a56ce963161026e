/** The metrics of `/metrics`. Their values are the newest that were read; none is counted here. */

import {
  collectDefaultMetrics,
  Counter,
  Gauge,
  type Metric,
  type PrometheusContentType,
  type OpenMetricsContentType,
  Registry,
} from 'prom-client';

/** Upper bounds of the buckets, in seconds. */
const FETCH_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const WAIT_BOUNDS = [0.01, 0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200, 28_800];

/** Gauges of prom-client whose names end as only a counter's may; the same by type stay. */
const MISNAMED = ['active_handles_total', 'active_requests_total', 'active_resources_total'];

const PREFIX = 'comic_queue_';
const BOARD_PREFIX = `${PREFIX}board_`;

/** The text format of Prometheus, or that of OpenMetrics. */
export type ContentType = PrometheusContentType | OpenMetricsContentType;

export interface Metrics {
  readonly registry: Registry<ContentType>;
  readonly redisUp: Gauge;
  readonly jobs: Gauge<'queue' | 'state'>;
  readonly paused: Gauge<'queue'>;
  readonly siteAway: Gauge<'queue'>;
  readonly starved: Gauge<'queue'>;
  readonly workers: Gauge<'queue'>;
  readonly slots: Gauge<'queue'>;
  readonly liveRuns: Gauge<'kind'>;
  readonly throughput: Gauge<'kind' | 'queue'>;
  readonly speedUp: Gauge<'kind'>;
  readonly ended: Counter<'kind' | 'queue' | 'outcome'>;
  readonly retries: Counter<'kind' | 'queue' | 'reason'>;
  readonly bytes: Counter<'kind' | 'queue'>;
  readonly stalls: Counter<'kind' | 'queue'>;
  readonly fetches: CountedHistogram;
  readonly waits: CountedHistogram;
}

/** Makes the metrics in a registry of their own: prom-client renames those of an OpenMetrics registry. */
export function createMetrics(contentType: ContentType, version: string): Metrics {
  const registry = new Registry<ContentType>();
  registry.setContentType(contentType);
  collectDefaultMetrics({ register: registry, prefix: BOARD_PREFIX });
  for (const name of MISNAMED) registry.removeSingleMetric(`${BOARD_PREFIX}nodejs_${name}`);
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
      'How long jobs of a queue have waited with none started; 0 below a minute and while paused',
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
export class CountedHistogram {
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
