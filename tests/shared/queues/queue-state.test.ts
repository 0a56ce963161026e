import { type Queue, Worker } from 'bullmq';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  areTrackersPaused,
  readQueueState,
  STARVED_AFTER_MS,
} from '../../../shared/queues/queue-state.js';
import { queueOf, openQueue, openRunsQueue, prepareQueue } from '../../../shared/queues/queue.js';
import { pauseSite, setRate } from '../../../shared/queues/site-state.js';
import type { RedisConnection } from '../../../shared/redis/connection.js';
import { PREFIX } from '../../../shared/redis/keys.js';
import { startTestRedis, type TestRedis } from '../../support/redis-server.js';

const QUEUE = queueOf('comic', false);

let redis: TestRedis;
let connection: RedisConnection;
let bullQueue: Queue;

beforeAll(async () => {
  redis = await startTestRedis();
  connection = redis.connect();
  bullQueue = openQueue(QUEUE.name, connection);
});

beforeEach(async () => {
  await connection.flushall();
  await prepareQueue(bullQueue, QUEUE);
});

afterAll(async () => {
  await bullQueue.close();
  await redis.stop();
});

/** The state of the queue as it will be after `ms` milliseconds in which nothing happens. */
function stateIn(ms: number): ReturnType<typeof readQueueState> {
  return readQueueState(connection, QUEUE, Date.now() + ms);
}

/** Lets a worker start and finish the next job of the queue. */
async function workOne(): Promise<void> {
  const worker = new Worker(QUEUE.name, null, { connection: redis.connect(), prefix: PREFIX });
  await worker.waitUntilReady();
  const job = await worker.getNextJob('token');
  await job?.moveToCompleted('done', 'token', false);
  await worker.close();
}

describe('readQueueState()', () => {
  it('of an untouched queue is quiet', async () => {
    expect(await stateIn(0)).toEqual({
      name: 'comics',
      waiting: 0,
      active: 0,
      delayed: 0,
      done: 0,
      failed: 0,
      intervalMs: undefined,
      pause: undefined,
      starvedForMs: 0,
    });
  });

  it('counts what waits, in whichever order it will be worked', async () => {
    await bullQueue.add('comic', { id: 1 });
    await bullQueue.add('comic', { id: 2 }, { priority: 3 });
    await bullQueue.add('comic', { id: 3 }, { delay: 60_000 });
    await setRate(connection, 'comic', 100);

    expect(await stateIn(0)).toMatchObject({ waiting: 2, delayed: 1, intervalMs: 100 });
  });

  it('starves when jobs have waited for a minute and none was started', async () => {
    await bullQueue.add('comic', { id: 1 });

    expect(await stateIn(STARVED_AFTER_MS - 1000)).toMatchObject({ starvedForMs: 0 });
    expect((await stateIn(STARVED_AFTER_MS + 1000)).starvedForMs).toBeGreaterThan(STARVED_AFTER_MS);
  });

  it('starves at a slow rate only when two should have been started', async () => {
    await bullQueue.add('comic', { id: 1 });
    await setRate(connection, 'comic', 600_000);

    expect(await stateIn(900_000)).toMatchObject({ starvedForMs: 0 });
    expect((await stateIn(1_300_000)).starvedForMs).toBeGreaterThan(1_200_000);
  });

  it('does not starve while jobs are started, however long others wait', async () => {
    await bullQueue.add('comic', { id: 1 }, { timestamp: Date.now() - 600_000 });
    await bullQueue.add('comic', { id: 2 }, { timestamp: Date.now() - 600_000 });
    const before = await stateIn(0);

    await workOne();

    expect(before.starvedForMs).toBeGreaterThan(500_000);
    expect(await stateIn(0)).toMatchObject({ waiting: 1, starvedForMs: 0 });
  });

  it('looks no further back than a hundred events', async () => {
    await bullQueue.addBulk(
      Array.from({ length: 200 }, (_, id) => ({ name: 'comic', data: { id } })),
    );

    expect((await stateIn(STARVED_AFTER_MS + 5000)).starvedForMs).toBeGreaterThan(STARVED_AFTER_MS);
  });

  it('does not starve while it is paused, by hand or by its site', async () => {
    await bullQueue.add('comic', { id: 1 });
    await bullQueue.pause();
    const byPerson = await stateIn(600_000);
    await bullQueue.resume();
    await pauseSite(connection, 'comic', {
      reason: 'throttled',
      retryAfterMs: 5000,
      firstPauseMs: 1000,
      pauseMaxMs: 1000,
    });

    expect(byPerson).toMatchObject({ pause: { by: 'person' }, starvedForMs: 0 });
    expect(await stateIn(600_000)).toMatchObject({
      pause: { by: 'site', reason: 'throttled' },
      starvedForMs: 0,
    });
  });
});

describe('areTrackersPaused()', () => {
  it('is true while the queue of runs is paused', async () => {
    const runsQueue = openRunsQueue(connection);
    const before = await areTrackersPaused(connection);
    await runsQueue.pause();
    await runsQueue.close();

    expect([before, await areTrackersPaused(connection)]).toEqual([false, true]);
  });
});
