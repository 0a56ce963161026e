/** The metrics of `/metrics`. */

import {
  collectDefaultMetrics,
  Counter,
  Gauge,
  Histogram,
  type Metric,
  Registry,
} from 'prom-client';

/** Upper bounds of the buckets, in seconds. */
const FETCH_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const WAIT_BOUNDS = [0.01, 0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200];

export interface Metrics {
  readonly registry: Registry;
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
  readonly ended: Counter<'kind' | 'outcome'>;
  readonly retries: Counter<'kind' | 'reason'>;
  readonly bytes: Counter<'kind'>;
  readonly stalls: Counter<'kind'>;
  readonly fetches: CountedHistogram;
  readonly waits: Histogram<'queue'>;
}

/** Makes the metrics in a registry of their own: two boards in one process share none. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'comic_queue_board_' });
  const gauge = <Label extends string>(name: string, help: string, ...labels: Label[]) =>
    new Gauge<Label>({
      name: `comic_queue_${name}`,
      help,
      labelNames: labels,
      registers: [registry],
    });
  const counter = <Label extends string>(name: string, help: string, ...labels: Label[]) =>
    new Counter<Label>({
      name: `comic_queue_${name}_total`,
      help,
      labelNames: labels,
      registers: [registry],
    });
  return {
    registry,
    redisUp: gauge('redis_up', 'Whether Redis answers; while it is 0 all else is as it was'),
    jobs: gauge('jobs', 'Jobs of a queue by state: waiting, active, delayed', 'queue', 'state'),
    paused: gauge('queue_paused', 'Whether a person or the site has paused a queue', 'queue'),
    siteAway: gauge('site_away', 'Whether the site of a queue does not answer', 'queue'),
    starved: gauge(
      'queue_starved_seconds',
      'How long jobs have waited with none started; 0 below a minute and on a paused queue',
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
    speedUp: gauge('speed_up', 'Speed-up of the newest run that has one', 'kind'),
    ended: counter('jobs_ended', 'Jobs that have ended, by outcome', 'kind', 'outcome'),
    retries: counter('retries', 'Attempts that will be made again, by reason', 'kind', 'reason'),
    bytes: counter('stored_bytes', 'Bytes of the results that were stored', 'kind'),
    stalls: counter('stalls', 'Jobs whose worker died or froze', 'kind'),
    fetches: new CountedHistogram(
      registry,
      'comic_queue_fetch_seconds',
      'How long fetches took',
      FETCH_BOUNDS,
    ),
    waits: new Histogram({
      name: 'comic_queue_wait_seconds',
      help: 'How long jobs waited for their start, by a sample of the newest starts',
      labelNames: ['queue'],
      buckets: WAIT_BOUNDS,
      registers: [registry],
    }),
  };
}

/**
 * A histogram that is filled with counts. prom-client's own takes one observation at a time, and a
 * run may hold a million fetches that its tally has counted already.
 */
export class CountedHistogram {
  readonly name: string;
  readonly #help: string;
  readonly #bounds: readonly number[];
  readonly #series = new Map<string, Series>();

  /** Registers itself. `bounds` are the upper bounds of its buckets: ascending, in seconds. */
  constructor(registry: Registry, name: string, help: string, bounds: readonly number[]) {
    this.name = name;
    this.#help = help;
    this.#bounds = bounds;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a registry uses the name and `get` of a metric, and its type asks for a class of its own
    registry.registerMetric(this as unknown as Metric);
  }

  /** Counts `count` fetches of about `seconds`. */
  add(kind: string, seconds: number, count: number): void {
    const { counts } = this.#of(kind);
    const place = this.#bounds.findIndex((bound) => seconds <= bound);
    const index = place < 0 ? counts.length - 1 : place;
    counts[index] = (counts[index] ?? 0) + count;
  }

  /** Adds to the sum of all fetch times, in seconds. */
  addSum(kind: string, seconds: number): void {
    this.#of(kind).sum += seconds;
  }

  /** What the registry asks of its metrics at a scrape. */
  get(): object {
    const values = [...this.#series].flatMap(([kind, series]) => this.#samples(kind, series));
    return { name: this.name, help: this.#help, type: 'histogram', values };
  }

  #samples(kind: string, { counts, sum }: Series): object[] {
    let below = 0;
    const buckets = counts.map((count, index) => {
      below += count;
      const labels = { kind, le: this.#bounds[index] ?? '+Inf' };
      return { metricName: `${this.name}_bucket`, labels, value: below };
    });
    return [
      ...buckets,
      { metricName: `${this.name}_sum`, labels: { kind }, value: sum },
      { metricName: `${this.name}_count`, labels: { kind }, value: below },
    ];
  }

  #of(kind: string): Series {
    const known = this.#series.get(kind);
    if (known !== undefined) return known;
    const counts = Array.from({ length: this.#bounds.length + 1 }, () => 0);
    const series = { counts, sum: 0 };
    this.#series.set(kind, series);
    return series;
  }
}

interface Series {
  /** One for each bound, and one beyond the last. */
  readonly counts: number[];
  sum: number;
}
