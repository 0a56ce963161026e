/** Everything that Prometheus is told, as prom-client's metrics. */

import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';

export interface Metrics {
  readonly registry: Registry;
  readonly redisUp: Gauge;
  readonly jobs: Gauge<'queue' | 'state'>;
  readonly paused: Gauge<'queue'>;
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
}

/** Makes the metrics in a registry of their own: two boards in one process do not meet. */
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
  };
}

/*
 * A histogram that is filled with counts, not with single observations: prom-client's own has to be
 * told of each fetch, and a run may hold a million that were counted elsewhere.
 */

export interface HistogramOptions {
  readonly name: string;
  readonly help: string;
  readonly label: string;
  /** Upper bounds, ascending, in seconds. */
  readonly bounds: readonly number[];
}

interface Series {
  /** One a bound, and one beyond the last. */
  readonly counts: number[];
  sum: number;
}

export class CountedHistogram {
  readonly #options: HistogramOptions;
  readonly #series = new Map<string, Series>();

  constructor(options: HistogramOptions) {
    this.#options = options;
  }

  /** Counts `count` observations of about `seconds`. */
  add(label: string, seconds: number, count: number): void {
    const { counts } = this.#of(label);
    const place = this.#options.bounds.findIndex((bound) => seconds <= bound);
    const index = place < 0 ? counts.length - 1 : place;
    counts[index] = (counts[index] ?? 0) + count;
  }

  /** Adds to the sum of all observations, in seconds. */
  addSum(label: string, seconds: number): void {
    this.#of(label).sum += seconds;
  }

  /** The histogram in the text format of Prometheus. */
  text(): string {
    const { name, help, label } = this.#options;
    const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`];
    for (const [value, { counts, sum }] of this.#series) {
      const named = `${label}="${value}"`;
      let below = 0;
      for (const [index, count] of counts.entries()) {
        below += count;
        const bound = this.#options.bounds[index] ?? '+Inf';
        lines.push(`${name}_bucket{${named},le="${bound}"} ${below}`);
      }
      lines.push(`${name}_sum{${named}} ${sum}`, `${name}_count{${named}} ${below}`);
    }
    return `${lines.join('\n')}\n`;
  }

  #of(label: string): Series {
    const known = this.#series.get(label);
    if (known !== undefined) return known;
    const counts = Array.from({ length: this.#options.bounds.length + 1 }, () => 0);
    const series = { counts, sum: 0 };
    this.#series.set(label, series);
    return series;
  }
}
