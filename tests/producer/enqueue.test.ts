import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AddingProgress, enqueueRun } from '../../producer/enqueue.js';
import { resumeRun } from '../../producer/resume.js';
import { EXIT } from '../../shared/base/errors.js';
import { openQueue, openRunsQueue } from '../../shared/queues/queue.js';
import { openConnection, type RedisConnection } from '../../shared/redis/connection.js';
import { moveRun, readRun } from '../../shared/runs/run-store.js';
import { startTestRedis } from '../support/redis-server.js';
import { ComicsQueue, upTo } from './comics-queue.js';
import { NEVER_STOPPED, plan } from './planning.js';

let queue: ComicsQueue;
let connection: RedisConnection;

beforeAll(async () => {
  queue = await ComicsQueue.open();
  ({ connection } = queue);
});

beforeEach(async () => {
  await queue.empty();
});

afterAll(async () => {
  await queue.close();
});

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
    expect(await queue.positionsOf(1)).toEqual(upTo(1500));
    expect(seen.at(-1)).toEqual({ run: 1, queued: 1500, total: 1500 });
    expect(await queue.queue.getJob('r1.1500')).toMatchObject({
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
    expect(await queue.queue.getGlobalRateLimit()).toMatchObject({ duration: 1000 });
  });

  it('puts a baseline in its queue, one at a time, and the run up for keeping', async () => {
    const planned = await plan('comic', '1-3', { baseline: true });
    const baseline = openQueue('comics-baseline', connection);

    await enqueueRun(planned, { connection, signal: NEVER_STOPPED });

    expect(await baseline.getWaitingCount()).toBe(3);
    expect(await baseline.getGlobalConcurrency()).toBe(1);
    const runs = openRunsQueue(connection);
    expect(await runs.getJob('run-1')).toMatchObject({ name: 'run-1 · 3 comics' });
    await Promise.all([baseline.close(), runs.close()]);
  });

  it('costs Redis at most 450 bytes a waiting job', async () => {
    const before = await queue.memoryBytes();
    const planned = await plan('comic', '1-5000');

    await enqueueRun(planned, { connection, signal: NEVER_STOPPED });

    expect((await queue.memoryBytes()) - before).toBeLessThan(5000 * 450);
  });

  it('serves three producers of one range at the same time', async () => {
    const enqueued = await Promise.all(
      [1, 2, 3].map(async () =>
        enqueueRun(await plan('comic', '1-2000'), {
          connection: queue.redis.connect(),
          signal: NEVER_STOPPED,
        }),
      ),
    );

    expect(enqueued.map(({ run }) => run).toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
    for (const run of [1, 2, 3]) expect(await queue.positionsOf(run)).toEqual(upTo(2000));
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
    await connection.config('SET', 'maxmemory', String((await queue.memoryBytes()) + 1_000_000));

    const full = enqueueRun(planned, { connection, signal: NEVER_STOPPED });

    await expect(full).rejects.toMatchObject({
      exitCode: EXIT.unavailable,
      message: expect.stringMatching(
        /run-1: Redis is full: give it .* of 20,000 are queued; .* --resume run-1$/,
      ),
    });
    await connection.config('SET', 'maxmemory', '0');
    await queue.silence(1);
    const resumed = await resumeRun(1, undefined, { connection, signal: NEVER_STOPPED });
    expect(resumed).toEqual({ run: 1, queued: 20_000, state: 'sealed' });
    expect((await queue.positionsOf(1)).toSorted((a, b) => a - b)).toEqual(upTo(20_000));
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

  it('says so when Redis dies', async () => {
    const doomed = await startTestRedis();
    const client = openConnection(doomed.address, { whenDown: 'fail' }, () => {});

    const failed = enqueueRun(await plan('comic', '1-100000'), {
      connection: client,
      signal: NEVER_STOPPED,
      onProgress: () => doomed.process.kill('SIGKILL'),
    });

    await expect(failed).rejects.toMatchObject({
      exitCode: EXIT.unavailable,
      message: expect.stringMatching(/run-1: .* of 100,000 are queued; .* --resume run-1$/),
    });
    client.disconnect();
    await doomed.stop();
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
    expect(await queue.positionsOf(1)).toEqual(upTo(5000));
  });

  it('stops when another has resumed its run while it was asleep', async () => {
    let takingOver: Promise<unknown> | undefined;

    const overtaken = enqueueRun(await plan('comic', '1-100000'), {
      connection,
      signal: NEVER_STOPPED,
      onProgress: ({ run }) => {
        const fields = { producer: 'another' };
        takingOver ??= moveRun(connection, run, { to: 'open', from: ['open'], fields });
      },
    });

    await expect(overtaken).rejects.toMatchObject({
      exitCode: EXIT.unavailable,
      message: expect.stringContaining('run-1: another producer has resumed it'),
    });
    expect((await queue.positionsOf(1)).length).toBeLessThan(20_000);
  });
});
