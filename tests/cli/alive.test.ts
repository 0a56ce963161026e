import { hostname } from 'node:os';
import { describe, expect, onTestFinished, test } from 'vitest';
import { judge } from '../../cli/alive.js';
import { EXIT } from '../../shared/base/errors.js';
import { announceWorker, type Heartbeat } from '../../shared/queues/heartbeat.js';
import { openQueue } from '../../shared/queues/queue.js';
import { emptyQueueState, type QueueState } from '../../shared/queues/queue-state.js';
import { startTestRedis, type TestRedis } from '../support/redis-server.js';
import { WorkPlace } from '../support/work-place.js';
import { type Ending, runInProcess } from './command-line.js';

const MINUTE_MS = 60_000;

function heartbeat(changes: Partial<Heartbeat> = {}): Heartbeat {
  return {
    id: 'w1',
    host: hostname(),
    pid: 7,
    version: '0.1.0',
    startedAtMs: 0,
    queues: { comics: 10, 'comics-baseline': 1 },
    sites: {},
    active: {},
    idleMs: { comics: 2 * MINUTE_MS, 'comics-baseline': 2 * MINUTE_MS },
    skewMs: 0,
    out: '/data',
    storeId: 'a',
    trouble: null,
    ...changes,
  };
}

function queue(changes: Partial<QueueState> = {}): QueueState {
  return { ...emptyQueueState('comics'), ...changes };
}

describe('judge()', () => {
  test('a worker that takes no job while some wait is stuck', () => {
    const { level, text } = judge('here', [heartbeat()], [queue({ waiting: 12 })]);

    expect({ level, text }).toEqual({
      level: 'fail',
      text: 'worker w1 has taken no job of comics for 2 min, and 12 wait',
    });
  });

  test.each([
    ['there is nothing to take', heartbeat(), queue()],
    ['it took one a moment ago', heartbeat({ idleMs: { comics: 900 } }), queue({ waiting: 12 })],
    ['its slots are all in use', heartbeat({ idleMs: { comics: 0 } }), queue({ waiting: 12 })],
    ['it is of a version that does not say', heartbeat({ idleMs: {} }), queue({ waiting: 12 })],
    [
      'the queue is paused',
      heartbeat(),
      queue({ waiting: 12, pause: { by: 'site', reason: 'throttled', leftMs: 100 } }),
    ],
    [
      'another worker has the baseline',
      heartbeat(),
      queue({ name: 'comics-baseline', waiting: 12, active: 1 }),
    ],
    [
      'another worker has had the baseline until now',
      heartbeat(),
      queue({ name: 'comics-baseline', waiting: 12, starvedForMs: 0 }),
    ],
  ])('it is alive when %s', (_why, worker, state) => {
    expect(judge('here', [worker], [state]).level).toBe('ok');
  });

  test('of a baseline, all are stuck when none takes a job', () => {
    const state = queue({ name: 'comics-baseline', waiting: 12, starvedForMs: 2 * MINUTE_MS });

    expect(judge('here', [heartbeat()], [state]).level).toBe('fail');
  });

  test('one that cannot store results says so, and is not to be started again', () => {
    const worker = heartbeat({ trouble: 'ENOSPC: no space left', idleMs: { comics: 0 } });

    const { level, text } = judge('here', [worker, heartbeat()], [queue()]);

    expect({ level, text }).toEqual({ level: 'warn', text: 'worker w1: ENOSPC: no space left' });
  });
});

describe('doctor --alive', () => {
  test('is content with a worker that has nothing to do', async () => {
    const place = await WorkPlace.open();
    onTestFinished(() => place.close());
    await place.startWorker();

    expect(await alive(place.redis)).toMatchObject({ exitCode: EXIT.ok });
  });

  test('fails where only other machines have workers', async () => {
    const redis = await openRedis();
    await announce(redis, heartbeat({ host: 'elsewhere' }));

    const { exitCode, stdout } = await alive(redis);

    expect(exitCode).toBe(EXIT.unavailable);
    expect(stdout).toContain(hostname());
  });

  test('fails where the worker takes none of the jobs that wait', async () => {
    const redis = await openRedis();
    const bullQueue = openQueue('comics', redis.connect());
    await bullQueue.add('comic', { id: 1 });
    await announce(redis, heartbeat());

    expect(await alive(redis)).toMatchObject({ exitCode: EXIT.unavailable });
  });

  test('blames no worker for a Redis that does not answer', async () => {
    const env = { REDIS_URL: 'redis://127.0.0.1:1' };

    const { exitCode, stdout } = await runInProcess(['doctor', '--alive'], { env });

    expect(exitCode).toBe(EXIT.ok);
    expect(stdout).toMatch(/^warn/);
  });
});

async function openRedis(): Promise<TestRedis> {
  const redis = await startTestRedis();
  onTestFinished(() => redis.stop());
  return redis;
}

async function announce(redis: TestRedis, worker: Heartbeat): Promise<void> {
  await announceWorker(redis.connect(), worker, Date.now());
}

async function alive(redis: TestRedis): Promise<Ending> {
  return runInProcess(['doctor', '--alive'], { env: { REDIS_URL: redis.url } });
}
