/** One Redis for the tests of a file, empty before each of them. */

import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { startTestRedis, type TestRedis } from './redis-server.js';

/** Starts a server before the tests of a file or `describe`, hands it out with a connection, and stops it after them. */
export function useEmptyRedis(take: (connection: RedisConnection, redis: TestRedis) => void): void {
  let redis: TestRedis;
  let connection: RedisConnection;

  beforeAll(async () => {
    redis = await startTestRedis();
    connection = redis.connect();
    take(connection, redis);
  });

  beforeEach(async () => {
    await connection.flushall();
  });

  afterAll(async () => {
    await redis.stop();
  });
}
