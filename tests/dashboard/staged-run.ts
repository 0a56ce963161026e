/**
 * Real runs without the worker room: jobs through BullMQ, folded and ended as a keeper does, with
 * times that the test chooses.
 */

import { Worker } from 'bullmq';
import { setTimeout as delay } from 'node:timers/promises';
import { isFailure, outcomeOf, type Reason } from '../../shared/base/outcome.js';
import type { AnyInput, KindName } from '../../shared/kinds/kinds.js';
import { toRecord, ENDING_FIELD } from '../../shared/queues/ending.js';
import { jobId } from '../../shared/queues/job-id.js';
import { queuedJob } from '../../shared/queues/job-payload.js';
import { laneOf, RUNS_QUEUE, type Lane } from '../../shared/queues/lane.js';
import { openQueue, openRunsQueue } from '../../shared/queues/queue.js';
import { KEYS, PREFIX } from '../../shared/redis/keys.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { currentReport } from '../../shared/report/read-report.js';
import type { Report } from '../../shared/report/report.js';
import { foldFinished } from '../../shared/runs/fold.js';
import { acknowledge, createRun, moveRun, readRun } from '../../shared/runs/run-store.js';
import { finishSeries } from '../../shared/runs/series.js';
import type { TestRedis } from '../support/redis-server.js';

export interface Staging {
  readonly kind?: KindName;
  readonly baseline?: boolean;
  readonly total: number;
  readonly digest?: string;
  readonly selection?: string;
  readonly group?: number;
  readonly pass?: number;
  readonly site?: string;
  readonly inputAt?: (position: number) => AnyInput;
}

/** Adds a run and its jobs, all acknowledged. */
export async function addRun(redis: TestRedis, staging: Staging): Promise<number> {
  const connection = redis.connect();
  const { kind = 'comic', baseline = false, total } = staging;
  const number = await createRun(
    connection,
    openRunsQueue(connection),
    {
      kind,
      baseline,
      selection: staging.selection ?? `1-${total}`,
      digest: staging.digest ?? `first ${total}`,
      site: staging.site ?? 'https://xkcd.com/{id}/info.0.json',
      refetch: true,
      times: 1,
      attempts: 1,
      asked: total,
      duplicates: 0,
      total,
      ...(staging.group === undefined ? {} : { group: staging.group }),
      ...(staging.pass === undefined ? {} : { pass: staging.pass }),
    },
    Date.now(),
  );
  const inputAt = staging.inputAt ?? ((position) => ({ id: position }));
  const jobs = Array.from({ length: total }, (_, index) => index + 1).map((position) =>
    queuedJob(kind, { run: number, position }, { input: inputAt(position), refetch: false }, 1),
  );
  await openQueue(laneOf(kind, baseline).name, connection).addBulk(jobs);
  await acknowledge(connection, number, total, Date.now());
  await moveRun(connection, number, { to: 'sealed', from: ['open'] });
  return number;
}

export interface Pace {
  readonly concurrency: number;
  /** How long a job takes. */
  readonly jobMs: number;
  /** The reason under which the job at a position ends. */
  readonly reasonAt?: (position: number) => Reason;
}

/** Works a lane until `signal` aborts, folding what has finished, as the keeper does. */
export async function workLane(
  redis: TestRedis,
  lane: Lane,
  pace: Pace,
  signal: AbortSignal = AbortSignal.timeout(60_000),
): Promise<void> {
  const connection = redis.connect();
  const reasonAt = pace.reasonAt ?? (() => 'stored');
  const worker = new Worker(
    lane.name,
    async (job) => {
      const startedAtMs = Date.now();
      const position = Number((job.id ?? '').split('.')[1]);
      await delay(pace.jobMs);
      const reason = reasonAt(position);
      const elapsedMs = Date.now() - startedAtMs;
      const status = STATUSES[reason] ?? 200;
      const ending = toRecord({
        reason,
        startedAtMs,
        elapsedMs,
        fetchMs: elapsedMs + (position % 7) / 10,
        bytes: status === 200 ? 1800 + position : 0,
        attempt: 1,
        status,
      });
      if (!isFailure(outcomeOf(reason))) return ending;
      const place = `${KEYS.queueBase(lane.name)}${job.id ?? ''}`;
      await connection.hset(place, { [ENDING_FIELD]: JSON.stringify(ending) });
      throw new Error(`${reason}: ${FAILURE_DETAIL}`);
    },
    {
      connection: redis.connect(),
      prefix: PREFIX,
      concurrency: pace.concurrency,
      name: 'worker-1',
    },
  );
  while (!signal.aborted) {
    await foldFinished(connection, lane);
    await delay(100, undefined, { signal }).catch(() => {});
  }
  await worker.close(true);
}

/** What the site is said to have answered; a script, for the tests that look whether it runs. */
export const FAILURE_DETAIL = 'it says <img src=x onerror="window.hacked=1">';

const STATUSES: Readonly<Partial<Record<Reason, number>>> = {
  stored: 200,
  'not-found': 404,
  forbidden: 403,
  'server-error': 500,
};

/** Works a run to its end and ends it, as a keeper does. */
export async function workRun(redis: TestRedis, number: number, pace: Pace): Promise<Report> {
  const connection = redis.connect();
  const run = await readRun(connection, number);
  if (run === undefined) throw new Error('There is no such run');
  const stop = new AbortController();
  const working = workLane(redis, run.lane, pace, stop.signal);
  while ((await currentReport(connection, run)).ended < run.total) await delay(20);
  stop.abort();
  await working;
  return endRun(redis, connection, number);
}

/** Ends a run whose jobs have all been folded. */
async function endRun(
  redis: TestRedis,
  connection: RedisConnection,
  number: number,
): Promise<Report> {
  await finishSeries(connection, number);
  await moveRun(connection, number, { to: 'ended', from: ['sealed'] });
  const run = await readRun(connection, number);
  if (run === undefined) throw new Error('There is no such run');
  const report = await currentReport(connection, run);
  await connection.hset(KEYS.run(number), {
    endedAtMs: Date.now(),
    report: JSON.stringify(report),
  });
  if (run.baseline) await connection.zadd(KEYS.baselines(run.kind), number, String(number));
  await completeKeeperJob(redis, number, report);
  return report;
}

async function completeKeeperJob(redis: TestRedis, number: number, report: Report): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const keeper = new Worker(RUNS_QUEUE, async () => report, {
      connection: redis.connect(),
      prefix: PREFIX,
      autorun: true,
    });
    keeper.on('completed', (job) => {
      if (job.id === `run-${number}`) keeper.close().then(resolve, reject);
    });
  });
}

/** The id of a job of a run, as the board's addresses hold it. */
export function jobOf(run: number, position: number): string {
  return jobId({ run, position });
}
