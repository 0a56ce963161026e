import { rm } from 'node:fs/promises';
import type { Queue } from 'bullmq';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { enqueueRun } from '../../producer/enqueue.js';
import type { AddingProgress } from '../../producer/job-adding.js';
import { resumeRun } from '../../producer/resume.js';
import { EXIT } from '../../shared/base/errors.js';
import { parseJobId } from '../../shared/queues/job-id.js';
import { openQueue, openRunsQueue } from '../../shared/queues/queue.js';
import { closeConnection, type RedisConnection } from '../../shared/redis/connection.js';
import { KEYS } from '../../shared/redis/keys.js';
import { isLive } from '../../shared/runs/run.js';
import { moveRun, readRun } from '../../shared/runs/run-store.js';
import { startTestRedis, type TestRedis } from '../support/redis-server.js';
import { newDirectory, NEVER_STOPPED, plan } from './planning.js';
import { runProducer, startProducer } from './producer-process.js';

let redis: TestRedis;
let connection: RedisConnection;
let queue: Queue;
let spoolDir: string;

beforeAll(async () => {
  redis = await startTestRedis();
  spoolDir = await newDirectory();
});

beforeEach(async () => {
  connection = redis.connect();
  await connection.flushall();
  queue = openQueue('comics', connection);
});

afterEach(async () => {
  await connection.config('SET', 'maxmemory', '0');
  await queue.close();
  await closeConnection(connection);
});

afterAll(async () => {
  await redis.stop();
  await rm(spoolDir, { recursive: true });
});

/** Positions of a run's jobs that wait in the lane, in the order in which they will be worked. */
async function positionsOf(run: number): Promise<number[]> {
  const ids = await connection.lrange(`${KEYS.queueBase('comics')}wait`, 0, -1);
  return ids
    .toReversed()
    .map((id) => parseJobId(id))
    .flatMap((place) => (place?.run === run ? [place.position] : []));
}

function upTo(total: number): number[] {
  return Array.from({ length: total }, (_, index) => index + 1);
}

/** Makes a producer look as if it had not been heard of for a minute. */
async function silence(run: number): Promise<void> {
  await connection.hincrby(KEYS.run(run), 'heartbeatAtMs', -60_000);
}

/** Stops a producer after its first acknowledged chunk. */
async function interruptedRun(words: string): Promise<number> {
  const controller = new AbortController();
  const onProgress = (): void => controller.abort();
  const planned = await plan('comic', words, {}, { spoolDir });
  await enqueueRun(planned, { connection, signal: controller.signal, onProgress }).catch(() => {});
  planned.dispose();
  return Number(await connection.get(KEYS.runCounter));
}

describe('enqueueRun()', () => {
  it('adds every job once, in order, and seals the run', async () => {
    const planned = await plan('comic', '5-1500 1-10', { attempts: 4, refetch: true });
    const seen: AddingProgress[] = [];

    const enqueued = await enqueueRun(planned, {
      connection,
      signal: NEVER_STOPPED,
      onProgress: (progress) => seen.push(progress),
    });

    expect(enqueued).toEqual({ run: 1, queued: 1500, state: 'sealed' });
    expect(await positionsOf(1)).toEqual(upTo(1500));
    expect(seen.at(-1)).toEqual({ run: 1, queued: 1500, total: 1500 });
    expect(await queue.getJob('r1.1500')).toMatchObject({
      name: 'comic',
      data: { id: 4, refetch: true },
      opts: { attempts: 4 },
    });
    expect(await readRun(connection, 1)).toMatchObject({
      state: 'sealed',
      acknowledged: 1500,
      asked: 1506,
      duplicates: 6,
      total: 1500,
      selection: '5-1500 1-10',
    });
    expect(await queue.getGlobalRateLimit()).toMatchObject({ duration: 1000 });
  });

  it('puts a baseline in its lane, one at a time, and the run up for keeping', async () => {
    const planned = await plan('comic', '1-3', { baseline: true });
    const lane = openQueue('comics-baseline', connection);

    await enqueueRun(planned, { connection, signal: NEVER_STOPPED });

    expect(await lane.getWaitingCount()).toBe(3);
    expect(await lane.getGlobalConcurrency()).toBe(1);
    const runs = openRunsQueue(connection);
    expect(await runs.getJob('run-1')).toMatchObject({ name: 'run-1 · 3 comics' });
    await Promise.all([lane.close(), runs.close()]);
  });

  it('costs Redis at most 450 bytes a waiting job', async () => {
    const before = await memoryBytes();
    const planned = await plan('comic', '1-5000');

    await enqueueRun(planned, { connection, signal: NEVER_STOPPED });

    expect((await memoryBytes()) - before).toBeLessThan(5000 * 450);
  });

  it('serves three producers of one range at the same time', async () => {
    const enqueued = await Promise.all(
      [1, 2, 3].map(async () =>
        enqueueRun(await plan('comic', '1-2000'), {
          connection: redis.connect(),
          signal: NEVER_STOPPED,
        }),
      ),
    );

    expect(enqueued.map(({ run }) => run).toSorted()).toEqual([1, 2, 3]);
    for (const run of [1, 2, 3]) expect(await positionsOf(run)).toEqual(upTo(2000));
  });

  it('stops adding to a run that is cancelled meanwhile', async () => {
    const planned = await plan('comic', '1-100000');
    let cancelling: Promise<unknown> | undefined;

    const enqueued = await enqueueRun(planned, {
      connection,
      signal: NEVER_STOPPED,
      onProgress: ({ run }) => {
        cancelling ??= moveRun(connection, run, { to: 'cancelled', from: ['open'] });
      },
    });

    expect(enqueued.state).toBe('cancelled');
    expect(enqueued.queued).toBeLessThan(10_000);
    expect(await readRun(connection, 1)).toMatchObject({ state: 'cancelled' });
  });

  it('leaves the run open when it is told to stop, and says how to go on', async () => {
    const controller = new AbortController();
    const planned = await plan('comic', '1-100000');

    const interrupted = enqueueRun(planned, {
      connection,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });

    await expect(interrupted).rejects.toMatchObject({
      exitCode: EXIT.interrupted,
      message: expect.stringMatching(/of 100,000 are queued.*enqueue --resume run-1$/),
    });
    expect(await readRun(connection, 1)).toMatchObject({ state: 'open' });
  });

  it('says so when Redis is full, and goes on when there is room', async () => {
    const planned = await plan('comic', '1-20000');
    await connection.config('SET', 'maxmemory', String((await memoryBytes()) + 1_000_000));

    const full = enqueueRun(planned, { connection, signal: NEVER_STOPPED });

    await expect(full).rejects.toMatchObject({
      exitCode: EXIT.unavailable,
      message: expect.stringMatching(/run-1: OOM .* of 20,000 are queued; .* --resume run-1$/),
    });
    await connection.config('SET', 'maxmemory', '0');
    await silence(1);
    const resumed = await resumeRun(1, undefined, { connection, signal: NEVER_STOPPED, spoolDir });
    expect(resumed).toEqual({ run: 1, queued: 20_000, state: 'sealed' });
    expect(await positionsOf(1)).toEqual(upTo(20_000));
  });

  it('makes no run where Redis takes nothing at all', async () => {
    await connection.config('SET', 'maxmemory', '1');

    await expect(
      enqueueRun(await plan('comic', '1'), { connection, signal: NEVER_STOPPED }),
    ).rejects.toMatchObject({
      exitCode: EXIT.unavailable,
      message: expect.stringContaining('Nothing was queued'),
    });
  });

  it('says that a run is gone when Redis was emptied meanwhile', async () => {
    let emptied: Promise<unknown> | undefined;

    const lost = enqueueRun(await plan('comic', '1-100000'), {
      connection,
      signal: NEVER_STOPPED,
      onProgress: () => {
        emptied ??= connection.flushall();
      },
    });

    await expect(lost).rejects.toMatchObject({
      exitCode: EXIT.unavailable,
      message: expect.stringContaining('run-1: it is not in Redis any more'),
    });
  });

  it('takes its run up again when it was thought to be silent', async () => {
    let abandoning: Promise<unknown> | undefined;

    const enqueued = await enqueueRun(await plan('comic', '1-5000'), {
      connection,
      signal: NEVER_STOPPED,
      onProgress: ({ run }) => {
        abandoning ??= moveRun(connection, run, { to: 'abandoned', from: ['open'] });
      },
    });

    expect(enqueued).toMatchObject({ queued: 5000, state: 'sealed' });
    expect(await positionsOf(1)).toEqual(upTo(5000));
  });
});

describe('resumeRun()', () => {
  it('goes on after a producer that was killed: no gap, no duplicate', async () => {
    const producer = startProducer({ words: '1-20000', redisUrl: redis.url, spoolDir });
    await runProducer(producer, ({ queued }) => {
      if (Number(queued) >= 2000) producer.kill('SIGKILL');
    });
    const killed = await readRun(connection, 1);
    await silence(1);

    const resumed = await resumeRun(1, undefined, { connection, signal: NEVER_STOPPED, spoolDir });

    expect(killed?.state).toBe('open');
    expect(killed?.acknowledged).toBeLessThan(20_000);
    expect(resumed).toEqual({ run: 1, queued: 20_000, state: 'sealed' });
    expect(await positionsOf(1)).toEqual(upTo(20_000));
    expect(await queue.getJob('r1.17777')).toMatchObject({ data: { id: 17_777 } });
  });

  it('refuses while the producer is at work', async () => {
    const run = await interruptedRun('1-100000');

    await expect(
      resumeRun(run, undefined, { connection, signal: NEVER_STOPPED, spoolDir }),
    ).rejects.toMatchObject({
      exitCode: EXIT.usage,
      message: expect.stringContaining('its producer is at work'),
    });
  });

  it('refuses a run that is complete, or that does not exist', async () => {
    await enqueueRun(await plan('comic', '1-3'), { connection, signal: NEVER_STOPPED });
    const terms = { connection, signal: NEVER_STOPPED, spoolDir };

    await expect(resumeRun(1, undefined, terms)).rejects.toMatchObject({
      exitCode: EXIT.usage,
      message: expect.stringContaining('it is sealed'),
    });
    await expect(resumeRun(9, undefined, terms)).rejects.toMatchObject({
      exitCode: EXIT.noInput,
      message: expect.stringContaining('Cannot find run-9'),
    });
  });

  it('needs a long selection again, and takes no other', async () => {
    const words = Array.from({ length: 3000 }, (_, index) => String(index * 2 + 1)).join(' ');
    const run = await interruptedRun(words);
    await silence(run);
    const terms = { connection, signal: NEVER_STOPPED, spoolDir };

    await expect(resumeRun(run, undefined, terms)).rejects.toThrow('too long to be remembered');
    await expect(resumeRun(run, await plan('comic', '1-3000'), terms)).rejects.toThrow(
      'the selection is not the one it was made of',
    );
    const resumed = await resumeRun(run, await plan('comic', words), terms);

    expect(resumed).toMatchObject({ queued: 3000, state: 'sealed' });
    expect(await positionsOf(run)).toEqual(upTo(3000));
  });

  it('brings an abandoned run that was ended back to life', async () => {
    const run = await interruptedRun('1-5000');
    await moveRun(connection, run, {
      to: 'abandoned',
      from: ['open'],
      fields: { endedAtMs: 5, report: '{}' },
    });

    await resumeRun(run, undefined, { connection, signal: NEVER_STOPPED, spoolDir });

    const record = await readRun(connection, run);
    expect(record).toMatchObject({ state: 'sealed', acknowledged: 5000, report: '' });
    expect(record !== undefined && isLive(record)).toBe(true);
    expect(await connection.hexists(KEYS.run(run), 'endedAtMs')).toBe(0);
  });
});

async function memoryBytes(): Promise<number> {
  const info = await connection.info('memory');
  return Number(/used_memory:(\d+)/.exec(info)?.[1]);
}
