/** A command's way to Redis: the one that REDIS_URL names, or the embedded one. */

import { errorText } from '../shared/base/errors.js';
import type { Logger } from '../shared/base/logger.js';
import { openEmbeddedRedis } from '../shared/embedded-redis/embedded-redis.js';
import { parseRedisAddress, type RedisAddress } from '../shared/redis/address.js';
import { openRedisClock, type RedisClock } from '../shared/redis/clock.js';
import {
  closeConnection,
  openConnection,
  type RedisConnection,
  requireRedis,
} from '../shared/redis/connection.js';
import { checkServer, type ServerFinding } from '../shared/redis/server-check.js';
import type { Configuration } from './configuration.js';

export interface RedisAccess {
  /** For processes that this command starts. */
  readonly url: string;
  readonly address: RedisAddress;
  readonly connection: RedisConnection;
  readonly clock: RedisClock;
}

export interface RedisAccessOptions {
  readonly configuration: Configuration;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Receives a line that the person should see. */
  readonly note: (line: string) => void;
  /** Decides what to do about what the server says of its settings; it may throw. */
  readonly judge: (findings: readonly ServerFinding[]) => void;
  /** Takes what is to be done at the end; what was given last is done first. */
  readonly defer: (close: () => Promise<void>) => void;
}

/**
 * Opens Redis, starting the embedded one where none is configured, and checks that it answers.
 *
 * @throws CommandError (unavailable) within three seconds when it does not answer.
 */
export async function openRedis(options: RedisAccessOptions): Promise<RedisAccess> {
  const url = await redisUrl(options);
  const address = parseRedisAddress(url);
  const connection = openConnection(address, { whenDown: 'fail' }, (error) =>
    options.logger.debug({ error: errorText(error) }, 'Redis connection in trouble'),
  );
  options.defer(() => closeConnection(connection));
  await requireRedis(connection, address);
  options.judge(await checkServer(connection));
  return { url, address, connection, clock: await openRedisClock(connection) };
}

async function redisUrl(options: RedisAccessOptions): Promise<string> {
  const { redisUrl: configured, dataDir } = options.configuration;
  if (configured !== undefined) return configured;
  const redis = await openEmbeddedRedis({
    dataDir,
    announce: options.note,
    signal: options.signal,
  });
  options.defer(() => redis.close());
  return `unix://${redis.socketPath}`;
}
