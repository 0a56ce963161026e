/** Everything that Prometheus is told, as prom-client's metrics. */

import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';

export interface Metrics {
  readonly registry: Registry;
  readonly redisUp: Gauge;
  readonly jobs: Gauge<'lane' | 'state'>;
  readonly paused: Gauge<'lane'>;
  readonly starved: Gauge<'lane'>;
  readonly workers: Gauge<'lane'>;
  readonly slots: Gauge<'lane'>;
  readonly liveRuns: Gauge<'kind'>;
  readonly throughput: Gauge<'kind' | 'lane'>;
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
    jobs: gauge('jobs', 'Jobs of a lane by state: waiting, active, delayed', 'lane', 'state'),
    paused: gauge('lane_paused', 'Whether a person or the site has paused a lane', 'lane'),
    starved: gauge(
      'lane_starved_seconds',
      'How long jobs have waited with none started; 0 below a minute and on a paused lane',
      'lane',
    ),
    workers: gauge('workers', 'Workers connected, by lane', 'lane'),
    slots: gauge('worker_slots', 'Jobs that the workers of a lane do at a time', 'lane'),
    liveRuns: gauge('live_runs', 'Runs that are not over', 'kind'),
    throughput: gauge(
      'throughput_jobs_per_second',
      'Throughput of the newest run of a lane that is over',
      'kind',
      'lane',
    ),
    speedUp: gauge('speed_up', 'Speed-up of the newest run that has one', 'kind'),
    ended: counter('jobs_ended', 'Jobs that have ended, by outcome', 'kind', 'outcome'),
    retries: counter('retries', 'Attempts that will be made again, by reason', 'kind', 'reason'),
    bytes: counter('stored_bytes', 'Bytes of the results that were stored', 'kind'),
    stalls: counter('stalls', 'Jobs whose worker died or froze', 'kind'),
  };
}
