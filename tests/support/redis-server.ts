/** A real Redis of a test's own, on a socket in a directory of its own. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseRedisAddress, type RedisAddress } from '../../shared/redis/address.js';
import {
  closeConnection,
  openConnection,
  type RedisConnection,
} from '../../shared/redis/connection.js';

const START_LIMIT_MS = 60_000;

export interface TestRedis {
  readonly url: string;
  readonly address: RedisAddress;
  /** The server's process, for tests that kill or freeze it. */
  readonly process: ChildProcess;
  connect(): RedisConnection;
  /** Starts the server again after it was killed, with the data it has written. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a server with extra arguments (`['--appendonly', 'yes']`).
 *
 * @param within a command that runs the server, such as `ip netns exec`
 */
export async function startTestRedis(
  extra: readonly string[] = [],
  within: readonly string[] = [],
): Promise<TestRedis> {
  const directory = await mkdtemp(join(tmpdir(), 'cq-redis-'));
  const url = `unix://${join(directory, 's')}`;
  const address = parseRedisAddress(url);
  const binary = process.env['COMIC_QUEUE_REDIS_SERVER'] ?? 'redis-server';
  const start = (): ChildProcess => {
    const [program = binary, ...args] = [...within, binary]
      .concat(['--port', '0', '--unixsocket', join(directory, 's'), '--dir', directory])
      .concat(['--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction'])
      .concat(extra);
    return spawn(program, args, { stdio: 'ignore' });
  };
  let server = start();
  const opened: RedisConnection[] = [];
  const connect = (): RedisConnection => {
    const connection = openConnection(address, { whenDown: 'wait' }, () => {});
    opened.push(connection);
    return connection;
  };
  await untilAnswers(connect(), server);
  return {
    url,
    address,
    get process() {
      return server;
    },
    connect,
    restart: async () => {
      server = start();
      await untilAnswers(connect(), server);
    },
    stop: async () => {
      await Promise.all(opened.map(closeConnection));
      if (server.exitCode === null && server.signalCode === null) {
        server.kill('SIGKILL');
        await once(server, 'exit');
      }
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function untilAnswers(connection: RedisConnection, server: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_LIMIT_MS;
  while (Date.now() < deadline) {
    const answer = await Promise.race([connection.ping(), delay(200)]).catch(() => undefined);
    if (answer === 'PONG') return;
    if (server.exitCode !== null) break;
  }
  throw new Error(`The test Redis did not start: ${server.spawnargs.join(' ')}`);
}
