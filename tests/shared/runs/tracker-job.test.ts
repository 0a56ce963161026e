import { type Queue, Worker } from 'bullmq';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRunsQueue, RUNS_QUEUE } from '../../../shared/queues/queue.js';
import type { RedisConnection } from '../../../shared/redis/connection.js';
import { queueKeys } from '../../../shared/queues/queue-keys.js';
import { PREFIX } from '../../../shared/redis/keys.js';
import { addTrackerJob, restoreTrackers } from '../../../shared/runs/tracker-job.js';
import { until } from '../../support/condition.js';
import { startTestRedis, type TestRedis } from '../../support/redis-server.js';

const RUN = { number: 7, kind: 'comic', total: 200 } as const;
const KEYS = queueKeys(RUNS_QUEUE);

let redis: TestRedis;
let connection: RedisConnection;
let runsQueue: Queue;

beforeEach(async () => {
  redis = await startTestRedis();
  connection = redis.connect();
  runsQueue = openRunsQueue(connection);
});

afterEach(async () => {
  await runsQueue.close();
  await redis.stop();
});

/** Moves the waiting job of the tracker to where BullMQ puts finished ones. */
async function finish(set: 'completed' | 'failed'): Promise<void> {
  await connection.lrem(KEYS.waiting, 1, 'run-7');
  await connection.zadd(KEYS[set], '1', 'run-7');
}

describe('addTrackerJob()', () => {
  it('names the job after the run, and adds it once', async () => {
    await addTrackerJob(runsQueue, RUN);
    await addTrackerJob(runsQueue, RUN);

    expect(await runsQueue.getWaitingCount()).toBe(1);
    expect(await runsQueue.getJob('run-7')).toMatchObject({
      name: 'run-7 · 200 comics',
      data: { run: 7 },
    });
  });

  it.each(['completed', 'failed'] as const)('replaces a job that has %s', async (set) => {
    await addTrackerJob(runsQueue, RUN);
    await finish(set);

    await addTrackerJob(runsQueue, { ...RUN, total: 5 });

    expect(await runsQueue.getJob('run-7')).toMatchObject({ name: 'run-7 · 5 comics' });
    expect(await runsQueue.getJobState('run-7')).toBe('waiting');
  });

  it('is heard also while the job of the last tracker is about to end', async () => {
    let tracked = 0;
    let letGo: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const tracker = new Worker(
      RUNS_QUEUE,
      async () => {
        tracked += 1;
        if (tracked === 1) await held;
      },
      { connection: redis.connect(), prefix: PREFIX },
    );
    await addTrackerJob(runsQueue, RUN);
    await until('the first tracker', async () => (await runsQueue.getActiveCount()) === 1);

    const again = addTrackerJob(runsQueue, RUN);
    // Long enough for a look at the old job: one that looks only once finds it active.
    setTimeout(letGo, 200);
    await again;

    await until('a second tracker', () => tracked === 2);
    expect(await runsQueue.getJob('run-7')).toBeDefined();
    await tracker.close();
  });
});

describe('restoreTrackers()', () => {
  const LOST: [string, () => Promise<unknown>][] = [
    ['was never added', () => runsQueue.remove('run-7')],
    ['has failed', () => finish('failed')],
    ['has ended', () => finish('completed')],
    ['was taken out of its list', () => connection.lrem(KEYS.waiting, 1, 'run-7')],
    ['lost its hash', () => connection.del(KEYS.job('run-7'))],
  ];

  it.each(LOST)('adds the job of a tracker that %s', async (_, lose) => {
    await addTrackerJob(runsQueue, RUN);
    await lose();

    const restored = await restoreTrackers(runsQueue, [RUN]);

    expect(restored).toEqual([7]);
    expect(await runsQueue.getJobState('run-7')).toBe('waiting');
    expect(await runsQueue.getJob('run-7')).toMatchObject({ data: { run: 7 } });
    expect(await connection.lrange(KEYS.waiting, 0, -1)).toEqual(['run-7']);
  });

  it('leaves a job alone that waits, and brings one forward that was put off', async () => {
    await addTrackerJob(runsQueue, RUN);

    expect(await restoreTrackers(runsQueue, [RUN])).toEqual([]);
    await connection.lrem(KEYS.waiting, 1, 'run-7');
    await connection.zadd(KEYS.delayed, String(2 ** 52), 'run-7');
    expect(await restoreTrackers(runsQueue, [RUN])).toEqual([]);

    expect(await runsQueue.getJobState('run-7')).toBe('waiting');
  });
});
