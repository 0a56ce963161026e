/** The queue `comics` in a Redis of a test's own, and a look at what is in it. */

import type { Queue } from 'bullmq';
import { enqueueRun } from '../../producer/enqueue.js';
import { parseJobId } from '../../shared/queues/job.js';
import { openQueue } from '../../shared/queues/queue.js';
import { queueKeys } from '../../shared/queues/queue-keys.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { KEYS } from '../../shared/redis/keys.js';
import { startTestRedis, type TestRedis } from '../support/redis-server.js';
import { plan } from './planning.js';

export class ComicsQueue {
  readonly redis: TestRedis;
  readonly connection: RedisConnection;
  readonly queue: Queue;

  private constructor(redis: TestRedis) {
    this.redis = redis;
    this.connection = redis.connect();
    this.queue = openQueue('comics', this.connection);
  }

  static async open(): Promise<ComicsQueue> {
    return new ComicsQueue(await startTestRedis());
  }

  /** As new: empty, and with room. */
  async empty(): Promise<void> {
    await this.connection.config('SET', 'maxmemory', '0');
    await this.connection.flushall();
  }

  async close(): Promise<void> {
    await this.queue.close();
    await this.redis.stop();
  }

  /** Positions of a run's jobs that wait in the queue, in the order in which they will be worked. */
  positionsOf(run: number): Promise<number[]> {
    return positionsOf(this.connection, run);
  }

  async memoryBytes(): Promise<number> {
    const info = await this.connection.info('memory');
    return Number(/used_memory:(\d+)/.exec(info)?.[1]);
  }

  /** Makes the last heartbeat of a run's producer a minute old. */
  async silence(run: number): Promise<void> {
    await this.connection.hincrby(KEYS.run(run), 'heartbeatAtMs', -60_000);
  }

  /** Makes a run whose producer is stopped after its first acknowledged jobs. */
  async interruptedRun(words: string): Promise<number> {
    const { connection } = this;
    const controller = new AbortController();
    const onProgress = (): void => controller.abort();
    const planned = await plan('comic', words);
    const enqueued = enqueueRun(planned, { connection, signal: controller.signal, onProgress });
    await enqueued.catch(() => {});
    return Number(await connection.get(KEYS.runCounter));
  }
}

/** Positions of a run's jobs that wait in the queue `comics`, in the order in which they will be worked. */
export async function positionsOf(connection: RedisConnection, run: number): Promise<number[]> {
  const ids = await connection.lrange(queueKeys('comics').waiting, 0, -1);
  return ids
    .toReversed()
    .map((id) => parseJobId(id))
    .flatMap((place) => (place?.run === run ? [place.position] : []));
}

/** The positions of a run of `total` jobs, in order. */
export function upTo(total: number): number[] {
  return Array.from({ length: total }, (_, index) => index + 1);
}
