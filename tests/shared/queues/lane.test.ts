import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  laneNamed,
  laneOf,
  LANES,
  lanesOf,
  openQueue,
  prepareLane,
  RUNS_QUEUE,
} from '../../../shared/queues/lane.js';
import { startTestRedis, type TestRedis } from '../../support/redis-server.js';

let redis: TestRedis;

beforeAll(async () => {
  redis = await startTestRedis();
});

afterAll(async () => {
  await redis.stop();
});

test('every kind has two lanes, found by their names', () => {
  expect(LANES.map(({ name }) => name)).toEqual([
    'comics',
    'comics-baseline',
    'searches',
    'searches-baseline',
    'sleeps',
    'sleeps-baseline',
  ]);
  for (const lane of LANES) expect(laneNamed(lane.name)).toEqual(lane);
  expect(laneNamed(RUNS_QUEUE)).toBeUndefined();
  expect(lanesOf('sleep')).toEqual([laneOf('sleep', false), laneOf('sleep', true)]);
});

test('prepareLane() sets a rate where there is a site, and one at a time for a baseline only', async () => {
  const connection = redis.connect();
  for (const lane of LANES) {
    const queue = openQueue(lane.name, connection);

    await prepareLane(queue, lane);
    await prepareLane(queue, lane);

    expect(await queue.getGlobalRateLimit()).toEqual(
      lane.kind === 'sleep' ? null : { max: 1_000_000_000, duration: 1000 },
    );
    expect(await queue.getGlobalConcurrency()).toBe(lane.baseline ? 1 : null);
    await queue.close();
  }
});
