/**
 * `node bee-queue-process.js enqueue|work REDIS_URL TASK FOLDER`: as little as a queue can do.
 * Bee-Queue is no dependency of the project: it is loaded from the folder.
 */

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { idsOf } from './peer.js';
import { comicStore, readTask } from './store-comic.js';

interface Job {
  readonly data: { readonly id: number };
  retries(count: number): Job;
}

interface Queue {
  createJob(data: Job['data']): Job;
  saveAll(jobs: readonly Job[]): Promise<ReadonlyMap<Job, Error>>;
  process(concurrency: number, handler: (job: Job) => Promise<void>): void;
  on(event: string, listener: () => void): void;
}

type QueueConstructor = new (name: string, settings: object) => Queue;

const [, , verb, url = '', json, folder = ''] = process.argv;
const task = readTask(json);
const BeeQueue = createRequire(join(folder, 'peers.js'))('bee-queue') as QueueConstructor;
// What its manual offers a worker whose producer does not listen.
const queue = new BeeQueue('comics', {
  redis: { path: new URL(url).pathname },
  isWorker: verb === 'work',
  getEvents: false,
  sendEvents: false,
  storeJobs: false,
  removeOnSuccess: true,
});

if (verb === 'enqueue') await enqueue();
else await work();
process.exit(0);

async function enqueue(): Promise<void> {
  const failed = await queue.saveAll(idsOf(task).map((id) => queue.createJob({ id }).retries(4)));
  if (failed.size > 0) throw new Error(`${failed.size} comics could not be queued`);
}

async function work(): Promise<void> {
  const store = comicStore(task);
  let stored = 0;
  await new Promise<void>((resolve) => {
    queue.process(task.concurrency, async ({ data }) => store(data.id));
    queue.on('succeeded', () => {
      stored += 1;
      if (stored === task.count) resolve();
    });
  });
}
