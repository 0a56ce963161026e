import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { enqueueRun } from '../../producer/enqueue.js';
import { resumeRun } from '../../producer/resume.js';
import { EXIT } from '../../shared/base/errors.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { KEYS } from '../../shared/redis/keys.js';
import { isLive } from '../../shared/runs/run.js';
import { acknowledge, moveRun, readRun } from '../../shared/runs/run-store.js';
import { ComicsQueue, upTo } from './comics-queue.js';
import { NEVER_STOPPED, plan } from './planning.js';
import { runProducer, startProducer } from './producer-process.js';

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

describe('resumeRun()', () => {
  it('goes on after a producer that was killed: no gap, no duplicate', async () => {
    const producer = startProducer({ words: '1-20000', redisUrl: queue.redis.url });
    await runProducer(producer, ({ queued }) => {
      if (Number(queued) >= 2000) producer.kill('SIGKILL');
    });
    const killed = await readRun(connection, 1);
    await queue.silence(1);

    const resumed = await resumeRun(1, undefined, { connection, signal: NEVER_STOPPED });

    expect(killed?.state).toBe('open');
    expect(killed?.acknowledged).toBeLessThan(20_000);
    expect(resumed).toEqual({ run: 1, queued: 20_000, state: 'sealed' });
    expect(await queue.positionsOf(1)).toEqual(upTo(20_000));
    expect(await queue.queue.getJob('r1.17777')).toMatchObject({ data: { id: 17_777 } });
  });

  it('refuses while the producer is at work', async () => {
    const run = await queue.interruptedRun('1-100000');
    await acknowledge(connection, run, 0, Date.now());

    await expect(
      resumeRun(run, undefined, { connection, signal: NEVER_STOPPED }),
    ).rejects.toMatchObject({
      exitCode: EXIT.usage,
      message: expect.stringContaining('its producer is at work'),
    });
  });

  it('goes on at once after a producer that was told to stop', async () => {
    const run = await queue.interruptedRun('1-5000');

    const resumed = await resumeRun(run, undefined, {
      connection,
      signal: NEVER_STOPPED,
    });

    expect(resumed).toEqual({ run, queued: 5000, state: 'sealed' });
  });

  it('refuses a run that is complete, or that does not exist', async () => {
    await enqueueRun(await plan('comic', '1-3'), { connection, signal: NEVER_STOPPED });
    const terms = { connection, signal: NEVER_STOPPED };

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
    const run = await queue.interruptedRun(words);
    await queue.silence(run);
    const terms = { connection, signal: NEVER_STOPPED };

    await expect(resumeRun(run, undefined, terms)).rejects.toThrow('too long to be remembered');
    await expect(resumeRun(run, await plan('comic', '1-3000'), terms)).rejects.toThrow(
      'the selection is not the one it was made of',
    );
    const resumed = await resumeRun(run, await plan('comic', words), terms);

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
