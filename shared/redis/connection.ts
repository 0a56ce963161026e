/** Connections to Redis: how they are opened, checked, and closed. */

import { createRequire } from 'node:module';
import type * as IORedis from 'ioredis';
import { CommandError, errorText, EXIT } from '../base/errors.js';
import { shortSocketPath } from '../base/unix-socket.js';
import { withDeadline } from '../base/wait.js';
import { describeAddress, type RedisAddress } from './address.js';

export type RedisConnection = IORedis.Redis | IORedis.Cluster;

/** A command that cannot reach Redis says so within this time. */
const REACH_DEADLINE_MS = 2500;

const CONNECT_TIMEOUT_MS = 2000;

/**
 * A connection that has been silent this long with a command under way is dead: without it, a
 * network cut is noticed only after the kernel's 15 minutes. It exceeds BullMQ's longest blocking
 * wait (10 s), which is silent too.
 */
const SOCKET_TIMEOUT_MS = 13_000;

const RECONNECT_DELAY_MAX_MS = 1000;

export interface ConnectionUse {
  /** Shown by CLIENT LIST. */
  readonly name?: string;
  /**
   * `wait`: commands wait through an outage, as workers need. `fail`: they are given up after a
   * few seconds, as a person's command needs.
   */
  readonly whenDown: 'wait' | 'fail';
}

/** Opens a connection without waiting for it. Errors go to `onError`; ioredis reconnects by itself. */
export function openConnection(
  address: RedisAddress,
  use: ConnectionUse,
  onError: (error: Error) => void,
): RedisConnection {
  const options = connectionOptions(use);
  const connection = connect(address, options);
  connection.on('error', onError);
  return connection;
}

/**
 * Waits until Redis answers.
 *
 * @throws CommandError (unavailable) within three seconds when it does not.
 */
export async function requireRedis(
  connection: RedisConnection,
  address: RedisAddress,
): Promise<void> {
  let lastError: Error | undefined;
  const remember = (error: Error): void => {
    lastError = error;
  };
  connection.on('error', remember);
  try {
    await withDeadline(connection.ping(), REACH_DEADLINE_MS, () => new Error('no answer'));
  } catch (error) {
    throw cannotReach(address, lastError ?? error);
  } finally {
    connection.off('error', remember);
  }
}

function cannotReach(address: RedisAddress, cause: unknown): CommandError {
  return new CommandError(
    EXIT.unavailable,
    `Cannot reach Redis at ${describeAddress(address)}: ${errorText(cause)}. Start it, or correct REDIS_URL`,
    { cause },
  );
}

/** Closes a connection: politely if Redis answers, otherwise at once. */
export async function closeConnection(connection: RedisConnection): Promise<void> {
  try {
    await withDeadline(connection.quit(), 500, () => new Error('no answer'));
  } catch {
    connection.disconnect();
  }
}

interface LoginOptions {
  readonly username?: string;
  readonly password?: string;
  readonly tls?: object;
}

interface CommonOptions {
  readonly connectTimeout: number;
  readonly socketTimeout: number;
  readonly keepAlive: number;
  readonly maxRetriesPerRequest: number | null;
  readonly retryStrategy: (attempt: number) => number;
  readonly connectionName?: string;
}

function connect(address: RedisAddress, options: CommonOptions): RedisConnection {
  const { Redis, Cluster } = ioredis();
  switch (address.type) {
    case 'socket':
      return new Redis({ ...options, path: reachableSocket(address) });
    case 'single':
      return new Redis({
        ...options,
        host: address.host,
        port: address.port,
        db: address.db,
        ...login(address),
      });
    case 'sentinel':
      return new Redis({
        ...options,
        sentinels: [...address.sentinels],
        name: address.master,
        db: address.db,
        ...login(address),
        ...(address.tls ? { enableTLSForSentinelMode: true, sentinelTLS: {} } : {}),
      });
    case 'cluster':
      return new Cluster([...address.nodes], {
        redisOptions: { ...options, ...login(address) },
      });
  }
}

/** @throws CommandError (unavailable) where the path is too long to be tried and leads nowhere. */
function reachableSocket(address: RedisAddress & { readonly type: 'socket' }): string {
  try {
    return shortSocketPath(address.path);
  } catch (error) {
    throw cannotReach(address, error);
  }
}

function login(address: {
  readonly username?: string;
  readonly password?: string;
  readonly tls: boolean;
}): LoginOptions {
  return {
    ...(address.username === undefined ? {} : { username: address.username }),
    ...(address.password === undefined ? {} : { password: address.password }),
    ...(address.tls ? { tls: {} } : {}),
  };
}

function connectionOptions(use: ConnectionUse): CommonOptions {
  return {
    connectTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    keepAlive: 5000,
    maxRetriesPerRequest: use.whenDown === 'wait' ? null : 3,
    retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 10), RECONNECT_DELAY_MAX_MS),
    ...(use.name === undefined ? {} : { connectionName: use.name }),
  };
}

let loaded: typeof IORedis | undefined;

/** What the package exports, loaded at the first call, and without an import's search for names (see `bullmq`). */
function ioredis(): typeof IORedis {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- A package is what its types describe.
  loaded ??= createRequire(import.meta.url)('ioredis') as typeof IORedis;
  return loaded;
}
