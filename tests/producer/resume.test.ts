import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { enqueueRun } from '../../producer/enqueue.js';
import { resumeRun, retryPlan } from '../../producer/resume.js';
import { waitForRun } from '../../producer/wait.js';
import { EXIT } from '../../shared/base/errors.js';
import { type RedisConnection } from '../../shared/redis/connection.js';
import { KEYS } from '../../shared/redis/keys.js';
import { acknowledge, moveRun, readRun, requireRun } from '../../shared/runs/run-store.js';
import { isLive } from '../../shared/runs/run.js';
import { WorkPlace } from '../support/work-place.js';
import { ComicsQueue, upTo } from './comics-queue.js';
import { NEVER_STOPPED, inputsOf, plan } from './planning.js';
import { startProducer } from './producer-process.js';

let queue: ComicsQueue;
let connection: RedisConnection;

let place: WorkPlace;

async function enqueue(words: string, kind: 'comic' | 'sleep' = 'sleep'): Promise<number> {
  const planned = await plan(kind, words, {}, { site: place.sites[kind] });
  return (await enqueueRun(planned, { connection: place.connection, signal: NEVER_STOPPED })).run;
}

describe('resumeRun()', () => {
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

  it('goes on after a producer that was killed: no gap, no duplicate', async () => {
    const redisUrl = queue.redis.url;
    const [, signal] = await once(
      startProducer({ words: '1-20000', redisUrl, killedAfter: 2000 }),
      'exit',
    );
    const killed = await readRun(connection, 1);
    await queue.silence(1);

    const resumed = await resumeRun(1, undefined, { connection, signal: NEVER_STOPPED });

    expect(signal).toBe('SIGKILL');
    expect(killed?.state).toBe('open');
    expect(killed?.acknowledged).toBeLessThan(20_000);
    expect(resumed).toEqual({ run: 1, queued: 20_000, state: 'sealed' });
    expect(await queue.positionsOf(1)).toEqual(upTo(20_000));
    expect(await queue.queue.getJob('r1.17777')).toMatchObject({ data: { id: 17_777 } });
  });

  it('refuses while the producer is at work', async () => {
    const run = await queue.interruptedRun('1-100000');
    await acknowledge(connection, run, { acknowledged: 0 });
    const beat = () => void acknowledge(connection, run, { acknowledged: 0, silentMs: -1 });

    await expect(
      resumeRun(run, undefined, { connection, signal: NEVER_STOPPED, onWarning: beat }),
    ).rejects.toMatchObject({
      exitCode: EXIT.usage,
      message: expect.stringContaining('its producer is at work'),
    });
  });

  it('waits for the heartbeat of a producer that is gone to expire', async () => {
    const run = await queue.interruptedRun('1-5000');
    await acknowledge(connection, run, { acknowledged: 0, silentMs: 13_000 });
    const warnings: string[] = [];

    const resumed = await resumeRun(run, undefined, {
      connection,
      signal: NEVER_STOPPED,
      onWarning: (text) => warnings.push(text),
    });

    expect(resumed).toMatchObject({ queued: 5000, state: 'sealed' });
    expect(warnings).toEqual([
      `run-${run}: its producer may still be at work; looking for 2 s whether it is`,
    ]);
  });

  it('goes on at once after a producer that was told to stop', async () => {
    const run = await queue.interruptedRun('1-5000');

    const resumed = await resumeRun(run, undefined, {
      connection,
      signal: NEVER_STOPPED,
    });

    expect(resumed).toEqual({ run, queued: 5000, state: 'sealed' });
  });

  it('lets one of two that resume a run at once do so', async () => {
    const run = await queue.interruptedRun('1-5000');
    await queue.silence(run);
    const options = { connection, signal: NEVER_STOPPED };

    const resumed = await Promise.allSettled([
      resumeRun(run, undefined, options),
      resumeRun(run, undefined, options),
    ]);

    const message = `Cannot resume run-${run}: its producer is at work`;
    expect(resumed.toSorted((a, b) => a.status.localeCompare(b.status))).toMatchObject([
      { status: 'fulfilled', value: { queued: 5000, state: 'sealed' } },
      { status: 'rejected', reason: { exitCode: EXIT.usage, message } },
    ]);
    expect(await queue.positionsOf(run)).toEqual(upTo(5000));
  });

  it('refuses a run that is complete, or that does not exist', async () => {
    await enqueueRun(await plan('comic', '1-3'), { connection, signal: NEVER_STOPPED });
    const options = { connection, signal: NEVER_STOPPED };

    await expect(resumeRun(1, undefined, options)).rejects.toMatchObject({
      exitCode: EXIT.usage,
      message: expect.stringContaining('it is sealed'),
    });
    await expect(resumeRun(9, undefined, options)).rejects.toMatchObject({
      exitCode: EXIT.noInput,
      message: expect.stringContaining('Cannot find run-9'),
    });
  });

  it('needs a long selection again, and takes no other', async () => {
    const words = Array.from({ length: 3000 }, (_, index) => String(index * 2 + 1)).join(' ');
    const run = await queue.interruptedRun(words);
    await queue.silence(run);
    const options = { connection, signal: NEVER_STOPPED };

    await expect(resumeRun(run, undefined, options)).rejects.toThrow(
      'too long to be kept in Redis',
    );
    await expect(resumeRun(run, await plan('comic', '1-3000'), options)).rejects.toThrow(
      'the selection is not the one it was made of',
    );
    const resumed = await resumeRun(run, await plan('comic', words), options);

    expect(resumed).toMatchObject({ queued: 3000, state: 'sealed' });
    expect(await queue.positionsOf(run)).toEqual(upTo(3000));
  });

  it('brings an abandoned run that was ended back to life', async () => {
    const run = await queue.interruptedRun('1-5000');
    await moveRun(connection, run, {
      to: 'abandoned',
      from: ['open'],
      fields: { endedAtMs: 5, report: '{}' },
    });

    await resumeRun(run, undefined, { connection, signal: NEVER_STOPPED });

    const record = await readRun(connection, run);
    expect(record).toMatchObject({ state: 'sealed', acknowledged: 5000, report: '' });
    expect(record !== undefined && isLive(record)).toBe(true);
    expect(await connection.hexists(KEYS.run(run), 'endedAtMs')).toBe(0);
  });
});

describe('resumeRun() after the tracker has ended an abandoned run', () => {
  beforeEach(async () => {
    place = await WorkPlace.open();
  });

  afterEach(async () => {
    await place.close();
  });

  it('ends it again with every job counted once', async () => {
    const controller = new AbortController();
    const planned = await plan('sleep', '0', { times: 4000 }, { site: undefined });
    const interrupted = enqueueRun(planned, {
      connection: place.connection,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(interrupted).rejects.toThrow('--resume run-1');
    await place.connection.hincrby(KEYS.run(1), 'heartbeatAtMs', -61_000);
    await place.startWorker();
    const first = await place.report(1);

    const options = { connection: place.connection, signal: NEVER_STOPPED };
    await resumeRun(1, undefined, options);
    const report = await waitForRun(place.connection, 1, { signal: NEVER_STOPPED });

    expect(first.state).toBe('abandoned');
    expect(first.ended).toBeLessThan(4000);
    expect(report).toMatchObject({ state: 'ended', ended: 4000, outcomes: { slept: 4000 } });
  });
});

describe('retryPlan()', () => {
  beforeEach(async () => {
    place = await WorkPlace.open();
  });

  afterEach(async () => {
    await place.close();
  });

  it('plans the failed jobs of a run, each input once', async () => {
    await place.startWorker();
    const run = await place.enqueue({
      kind: 'comic',
      inputs: [{ id: 7 }, { id: 0 }, { id: 8 }],
    });
    await place.report(run);
    for (const [position, id] of [7, 8, 7].entries()) {
      const line = JSON.stringify([
        position + 1,
        'not-json',
        JSON.stringify({ id }),
        'not-json: soup',
      ]);
      await place.connection.zadd(KEYS.failed(run), position + 1, line);
    }
    const record = await requireRun(place.connection, run);

    const planned = await retryPlan(record, {
      connection: place.connection,
      signal: NEVER_STOPPED,
    });

    expect(inputsOf(planned)).toEqual([{ id: 7 }, { id: 8 }]);
    expect(planned.run).toMatchObject({
      retryOf: run,
      kind: 'comic',
      site: record.site,
      asked: 3,
      duplicates: 1,
      total: 2,
      selection: '7 8 7',
    });
  });

  it('refuses a run without failures', async () => {
    const record = await requireRun(place.connection, await enqueue('1'));

    await expect(
      retryPlan(record, {
        connection: place.connection,
        signal: NEVER_STOPPED,
      }),
    ).rejects.toMatchObject({
      exitCode: EXIT.usage,
      message: expect.stringContaining('none of its jobs has failed'),
    });
  });
});
