/**
 * `node bullmq-got-process.js enqueue|work REDIS_URL TASK`: the worker that everybody would write.
 * BullMQ tries again; it fetches, checks and stores, and leaves once the queue is empty.
 */

import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { idsOf } from './peer.js';
import { comicStore, readTask } from './store-comic.js';

const [, , verb, url = '', json] = process.argv;
const task = readTask(json);
const connection = new Redis(new URL(url).pathname, { maxRetriesPerRequest: null });

if (verb === 'enqueue') await enqueue();
else await work();
process.exit(0);

async function enqueue(): Promise<void> {
  const queue = new Queue('comics', {
    connection,
    defaultJobOptions: {
      attempts: 5,
      backoff: { type: 'exponential', delay: 1000 },
      removeOnComplete: 1000,
      removeOnFail: 5000,
    },
  });
  await queue.addBulk(idsOf(task).map((id) => ({ name: 'comic', data: { id } })));
}

async function work(): Promise<void> {
  const store = comicStore(task);
  const { concurrency } = task;
  const worker = new Worker<{ id: number }>('comics', async ({ data }) => store(data.id), {
    connection,
    concurrency,
  });
  worker.on('error', (error) => process.stderr.write(`${error.message}\n`));
  worker.on('failed', (_, error) => process.stderr.write(`${error.message}\n`));
  await new Promise<void>((resolve) => worker.once('drained', () => resolve()));
  await worker.close();
}
