import { afterEach, expect, it } from 'vitest';
import { KEYS } from '../../shared/redis/keys.js';
import { until } from '../support/condition.js';
import { RedisCluster } from '../support/redis-cluster.js';
import { WorkPlace } from '../support/work-place.js';

let place: WorkPlace;

afterEach(async () => {
  await place.close();
});

it('every job is counted once while the slot of our keys moves from node to node', async () => {
  const cluster = await RedisCluster.open();
  place = await WorkPlace.open({}, cluster);
  const worker = await place.startWorker();
  const run = await place.enqueue({
    kind: 'sleep',
    inputs: Array.from({ length: 400 }, () => ({ seconds: 0.1 })),
  });
  const counted = async (): Promise<number> =>
    Number(await place.connection.hget(KEYS.tally(run), 'ended'));

  let moves = 0;
  for (const mark of [40, 120, 200, 280]) {
    await until(`${mark} are counted`, async () => (await counted()) >= mark);
    await cluster.moveSlot();
    moves += 1;
  }
  const report = await place.report(run, 40_000);

  expect(moves).toBe(4);
  expect(report).toMatchObject({ outcomes: { slept: 400 }, ended: 400 });
  expect(worker.failures).toBe(0);
}, 90_000);
