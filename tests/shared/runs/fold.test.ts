import { type Queue, Worker } from 'bullmq';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { jobId, queuedJob, toRecord } from '../../../shared/queues/job.js';
import { queueOf, openQueue, openRunsQueue } from '../../../shared/queues/queue.js';
import { queueKeys } from '../../../shared/queues/queue-keys.js';
import type { RedisConnection } from '../../../shared/redis/connection.js';
import { KEYS, PREFIX } from '../../../shared/redis/keys.js';
import { failedJobs, missingJobs } from '../../../shared/runs/failed-jobs.js';
import { foldFinished, percentileMs, readTally } from '../../../shared/runs/tally.js';
import { createRun, readRun } from '../../../shared/runs/run-store.js';
import { finishSeries, peakActive, readSeries } from '../../../shared/runs/series.js';
import { startTestRedis, type TestRedis } from '../../support/redis-server.js';
import { BEGIN_MS } from './finished-jobs.js';

const QUEUE = queueOf('comic', false);

let redis: TestRedis;
let connection: RedisConnection;
let bullQueue: Queue;
let runsQueue: Queue;

beforeAll(async () => {
  redis = await startTestRedis();
  connection = redis.connect();
  bullQueue = openQueue(QUEUE.name, connection);
  runsQueue = openRunsQueue(connection);
});

beforeEach(async () => {
  await connection.flushall();
});

afterAll(async () => {
  await redis.stop();
});

async function newRun(total: number): Promise<number> {
  return createRun(connection, runsQueue, {
    kind: 'comic',
    baseline: false,
    selection: `1-${total}`,
    digest: 'd',
    site: 'https://comics.invalid/{id}',
    refetch: false,
    times: 1,
    attempts: 1,
    asked: total,
    duplicates: 0,
    total,
  });
}

async function work(run: number, total: number, endOf: (position: number) => unknown[]) {
  const jobs = Array.from({ length: total }, (_, index) =>
    queuedJob(
      'comic',
      { run, position: index + 1 },
      { input: { id: index + 1 }, refetch: false },
      { attempts: 1 },
    ),
  );
  await bullQueue.addBulk(jobs);
  let left = total;
  await new Promise<void>((resolve, reject) => {
    const worker = new Worker(
      QUEUE.name,
      async (job) => {
        const ending = endOf(Number((job.id ?? '').split('.')[1]));
        if (ending[0] !== 'stored' && ending[0] !== 'not-found') {
          await connection.hset(queueKeys(QUEUE.name).job(job.id ?? ''), {
            ending: JSON.stringify(ending),
          });
          throw new Error(`${String(ending[0])}: it is soup`);
        }
        return ending;
      },
      { connection: redis.connect(), prefix: PREFIX, concurrency: 10, name: 'w1' },
    );
    const done = (): void => {
      left -= 1;
      if (left === 0) worker.close().then(resolve, reject);
    };
    worker.on('completed', done);
    worker.on('failed', done);
  });
}

/** Makes way for jobs with the same ids. */
async function forgetJobs(run: number, total: number): Promise<void> {
  for (let position = 1; position <= total; position += 1) {
    await bullQueue.remove(jobId({ run, position }));
  }
}

function ended(
  reason: 'stored' | 'not-found' | 'not-json' | 'cancelled',
  startMs: number,
  elapsedMs: number,
): unknown[] {
  return toRecord({
    reason,
    startedAtMs: BEGIN_MS + startMs,
    elapsedMs,
    fetchMs: elapsedMs,
    bytes: 1000,
    attempt: 1,
    status: 200,
  });
}

describe('foldFinished()', () => {
  it('counts every job once and keeps the newest on the board', async () => {
    const run = await newRun(1200);
    await work(run, 1200, (position) => ended('stored', (position - 1) * 10, 20));

    while (await foldFinished(connection, QUEUE));
    await foldFinished(connection, QUEUE);

    const tally = await readTally(connection, run);
    expect(tally).toMatchObject({
      ended: 1200,
      bytes: 1_200_000,
      firstStartMs: BEGIN_MS,
      lastEndMs: BEGIN_MS + 1199 * 10 + 20,
      workers: { w1: 1200 },
      statuses: { 200: 1200 },
    });
    expect(tally.outcomes.stored).toBe(1200);
    expect(await bullQueue.getCompletedCount()).toBe(1000);
    expect(percentileMs(tally.fetch, 0.5)).toBeGreaterThan(19.7);
    expect(percentileMs(tally.fetch, 0.5)).toBeLessThan(20.3);
  });

  it('keeps a series whose points add up and whose activity is exact', async () => {
    const run = await newRun(1200);
    await work(run, 1200, (position) => ended('stored', (position - 1) * 10, 20));
    while (await foldFinished(connection, QUEUE));

    const live = await readSeries(connection, run);
    const finished = await finishSeries(connection, run);

    expect(finished).toEqual(live);
    expect(finished.points.length).toBeLessThanOrEqual(513);
    expect(finished.points.at(-1)).toEqual([12.01, 1200, 0]);
    expect(peakActive(finished)).toBe(2);
  });

  it('loses no start when it is a start that outgrows the series', async () => {
    const run = await newRun(1200);
    await work(run, 1200, (position) =>
      position === 1200 ? ended('stored', 0, 20_000) : ended('stored', position * 10, 0),
    );
    while (await foldFinished(connection, QUEUE));

    const { points } = await readSeries(connection, run);

    expect(new Set(points.slice(1, -1).map(([, , active]) => active))).toEqual(new Set([1]));
    expect(points.at(-1)).toEqual([20, 1200, 0]);
  });

  it('lists what failed, by position', async () => {
    const run = await newRun(30);
    await work(run, 30, (position) =>
      ended(position % 10 === 0 ? 'not-json' : 'stored', position, 5),
    );
    await foldFinished(connection, QUEUE);

    const record = await readRun(connection, run);
    const failed = [];
    if (record !== undefined) {
      for await (const job of failedJobs(connection, record)) failed.push(job);
    }
    const tally = await readTally(connection, run);
    expect(failed).toEqual(
      [10, 20, 30].map((id) => ({
        position: id,
        reason: 'not-json',
        input: { id },
        detail: 'not-json: it is soup',
      })),
    );
    expect(tally.outcomes).toMatchObject({ stored: 27, invalid: 3 });
    expect(tally.reasons).toEqual({ stored: 27, 'not-json': 3 });
  });

  it('lists nothing that was given up with its run, and counts it', async () => {
    const run = await newRun(3);
    await work(run, 3, (position) => ended(position === 2 ? 'cancelled' : 'stored', position, 5));
    await foldFinished(connection, QUEUE);

    const tally = await readTally(connection, run);
    expect(tally.reasons).toEqual({ stored: 2, cancelled: 1 });
    expect(await connection.zcard(KEYS.failed(run))).toBe(0);
  });

  it('lists what was missing, with its reason and input', async () => {
    const run = await newRun(30);
    await work(run, 30, (id) => ended(id % 10 === 0 ? 'not-found' : 'stored', id, 5));
    await foldFinished(connection, QUEUE);

    const record = await readRun(connection, run);
    const missing = [];
    if (record !== undefined) {
      for await (const job of missingJobs(connection, record)) missing.push(job);
    }
    expect(missing).toEqual(
      [10, 20, 30].map((id) => ({
        position: id,
        reason: 'not-found',
        input: { id },
        detail: 'not-found: the site answered 404',
      })),
    );
    expect(await connection.zcard(KEYS.failed(run))).toBe(0);
  });

  it('does not count a position again, nor a job of no run', async () => {
    const run = await newRun(5);
    for (const reason of ['stored', 'not-json', 'stored'] as const) {
      await work(run, 5, (position) => ended(reason, position, 5));
      await foldFinished(connection, QUEUE);
      await forgetJobs(run, 5);
    }
    await work(99, 5, (position) => ended('stored', position, 5));
    await foldFinished(connection, QUEUE);

    const tally = await readTally(connection, run);
    expect(tally.ended).toBe(5);
    expect(tally.outcomes).toMatchObject({ stored: 5, invalid: 0 });
    expect(await connection.exists(KEYS.tally(99))).toBe(0);
  });

  it('turns a failure that was tried again and stored into an answer', async () => {
    const run = await newRun(1);
    await work(run, 1, () => ended('not-json', 1, 5));
    await foldFinished(connection, QUEUE);
    await forgetJobs(run, 1);

    await work(run, 1, () => ended('stored', 1, 5));
    await foldFinished(connection, QUEUE);

    const tally = await readTally(connection, run);
    expect(tally.ended).toBe(1);
    expect(tally.outcomes).toMatchObject({ stored: 1, invalid: 0 });
    expect(tally.reasons).toEqual({ stored: 1 });
    expect(await connection.zcard(KEYS.failed(run))).toBe(0);
  });
});
