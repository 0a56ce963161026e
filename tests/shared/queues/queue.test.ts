import { afterAll, beforeAll, expect, test } from 'vitest';
import { KIND_NAMES } from '../../../shared/kinds/kinds.js';
import {
  queueNamed,
  queueOf,
  QUEUES,
  queuesOf,
  openQueue,
  prepareQueue,
  RUNS_QUEUE,
} from '../../../shared/queues/queue.js';
import { startTestRedis, type TestRedis } from '../../support/redis-server.js';

let redis: TestRedis;

beforeAll(async () => {
  redis = await startTestRedis();
});

afterAll(async () => {
  await redis.stop();
});

test('every kind has two queues, found by their names', () => {
  const names = QUEUES.map(({ name }) => name);
  expect(names.slice(0, 4)).toEqual(['comics', 'comics-baseline', 'pictures', 'pictures-baseline']);
  expect(names).toHaveLength(2 * KIND_NAMES.length);
  for (const queue of QUEUES) expect(queueNamed(queue.name)).toEqual(queue);
  expect(queueNamed(RUNS_QUEUE)).toBeUndefined();
  expect(queuesOf('sleep')).toEqual([queueOf('sleep', false), queueOf('sleep', true)]);
});

test('prepareQueue() sets a rate where there is a site, and one at a time for a baseline only', async () => {
  const connection = redis.connect();
  for (const queue of QUEUES) {
    const bullQueue = openQueue(queue.name, connection);

    await prepareQueue(bullQueue, queue);
    await prepareQueue(bullQueue, queue);

    expect(await bullQueue.getGlobalRateLimit()).toEqual(
      queue.kind === 'sleep' ? null : { max: 1_000_000_000, duration: 1000 },
    );
    expect(await bullQueue.getGlobalConcurrency()).toBe(queue.baseline ? 1 : null);
    await bullQueue.close();
  }
});
