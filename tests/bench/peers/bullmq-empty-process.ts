/**
 * `node bullmq-empty-process.js REDIS_URL JOBS` queues jobs; with CONCURRENCY behind it, it works them.
 * Two processes, as with ours: one that has added jobs has compiled half of what a worker runs.
 */

import { Queue, Worker } from 'bullmq';
import { parseRedisAddress } from '../../../shared/redis/address.js';
import { openConnection } from '../../../shared/redis/connection.js';

const CHUNK_JOBS = 1000;

const [, , url = '', jobs = '', slots] = process.argv;
const count = Number(jobs);
const connection = openConnection(parseRedisAddress(url), { whenDown: 'wait' }, () => {});
if (slots === undefined) {
  await add();
  process.exit(0);
}
const seconds = await work(Number(slots));
process.stdout.write(JSON.stringify({ seconds }), () => process.exit(0));

async function add(): Promise<void> {
  const queue = new Queue('empty', { connection });
  for (let added = 0; added < count; added += CHUNK_JOBS) {
    const chunk = Math.min(CHUNK_JOBS, count - added);
    await queue.addBulk(Array.from({ length: chunk }, () => ({ name: 'empty', data: {} })));
  }
}

async function work(concurrency: number): Promise<number> {
  return new Promise((resolve) => {
    let ended = 0;
    let firstStartMs: number | undefined;
    const worker = new Worker(
      'empty',
      () => {
        firstStartMs ??= performance.now();
        ended += 1;
        if (ended === count) resolve((performance.now() - firstStartMs) / 1000);
        return Promise.resolve();
      },
      { connection, concurrency },
    );
    worker.on('error', () => {});
  });
}
