/** `node feeder-process.js REDIS_URL WAITING`: keeps that many sleeps of no time waiting. */

import { setTimeout as delay } from 'node:timers/promises';
import { queuedJob } from '../../shared/queues/job.js';
import { queueOf, openQueue, openRunsQueue, prepareQueue } from '../../shared/queues/queue.js';
import { queueKeys } from '../../shared/queues/queue-keys.js';
import { parseRedisAddress } from '../../shared/redis/address.js';
import { openConnection } from '../../shared/redis/connection.js';
import { acknowledge, createRun } from '../../shared/runs/run-store.js';

const CHUNK_JOBS = 500;
const TOTAL = 10_000_000;
const QUEUE = queueOf('sleep', false);
const NEW_RUN = {
  kind: 'sleep',
  baseline: false,
  selection: '',
  digest: 'feeder',
  site: '',
  refetch: false,
  times: TOTAL,
  attempts: 5,
  asked: TOTAL,
  duplicates: 0,
  total: TOTAL,
} as const;

const [, , url = '', wanted = ''] = process.argv;
const connection = openConnection(parseRedisAddress(url), { whenDown: 'wait' }, () => {});
const bullQueue = openQueue(QUEUE.name, connection);
await prepareQueue(bullQueue, QUEUE);
const run = await createRun(connection, openRunsQueue(connection), NEW_RUN);
let added = 0;
let told = false;
while (true) {
  const waiting = await connection.llen(queueKeys(QUEUE.name).waiting);
  if (waiting < Number(wanted)) {
    await bullQueue.addBulk(
      Array.from({ length: CHUNK_JOBS }, (_, index) => jobAt(added + index + 1)),
    );
    added += CHUNK_JOBS;
    await acknowledge(connection, run, { acknowledged: added });
  } else {
    if (!told) process.stdout.write('full\n');
    told = true;
    await delay(1);
  }
}

function jobAt(position: number): ReturnType<typeof queuedJob> {
  const payload = { input: { seconds: 0 }, refetch: false };
  return queuedJob('sleep', { run, position }, payload, NEW_RUN);
}
