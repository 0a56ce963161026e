import { Worker } from 'bullmq';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openRunsQueue, RUNS_QUEUE } from '../../../shared/queues/queue.js';
import { PREFIX } from '../../../shared/redis/keys.js';
import { addTrackerJob } from '../../../shared/runs/run-store.js';
import { until } from '../../support/condition.js';
import { startTestRedis, type TestRedis } from '../../support/redis-server.js';

let redis: TestRedis;

beforeEach(async () => {
  redis = await startTestRedis();
});

afterEach(async () => {
  await redis.stop();
});

it('addTrackerJob() is heard also while the job of the last tracker is about to end', async () => {
  const runsQueue = openRunsQueue(redis.connect());
  let kept = 0;
  let letGo: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const tracker = new Worker(
    RUNS_QUEUE,
    async () => {
      kept += 1;
      if (kept === 1) await held;
    },
    { connection: redis.connect(), prefix: PREFIX },
  );
  await addTrackerJob(runsQueue, 7, 'run-7');
  await until('the first tracker', async () => (await runsQueue.getActiveCount()) === 1);

  const again = addTrackerJob(runsQueue, 7, 'run-7');
  // Long enough for a look at the old job: whoever looks only once finds it active.
  setTimeout(letGo, 200);
  await again;

  await until('a second tracker', () => kept === 2);
  expect(await runsQueue.getJob('run-7')).toBeDefined();
  await tracker.close();
});
