/** A redis-server of one measurement's own, with the settings of the embedded one. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SERVER_SOCKET } from '../../shared/embedded-redis/data-directory.js';
import { serverSettings, SETTINGS_FILE } from '../../shared/embedded-redis/server-files.js';
import { parseRedisAddress } from '../../shared/redis/address.js';
import {
  closeConnection,
  openConnection,
  type RedisConnection,
} from '../../shared/redis/connection.js';
import type { Bench } from './bench.js';
import type { RunningProcess } from './processes.js';

const START_LIMIT_MS = 10_000;

export interface RedisOptions {
  /** Leaves out the setting that makes waiting jobs smaller: a server of somebody else. */
  readonly untuned?: boolean;
}

export class RedisProcess {
  readonly url: string;
  readonly connection: RedisConnection;
  private readonly process: RunningProcess;

  private constructor(url: string, process: RunningProcess) {
    this.url = url;
    this.process = process;
    this.connection = openConnection(parseRedisAddress(url), { whenDown: 'wait' }, () => {});
  }

  static async start(
    { tools, processes }: Bench,
    directory: string,
    { untuned = false }: RedisOptions = {},
  ): Promise<RedisProcess> {
    const { path } = tools.redis;
    const settings = serverSettings({ path, major: 7, minor: 0 })
      .split('\n')
      .filter((line) => !(untuned && line.startsWith('hash-max-')));
    await writeFile(join(directory, SETTINGS_FILE), settings.join('\n'));
    const server = processes.start({ program: path, args: [SETTINGS_FILE], cwd: directory });
    const redis = new RedisProcess(`unix://${join(directory, SERVER_SOCKET)}`, server);
    await redis.untilAnswers();
    return redis;
  }

  /** Bytes that Redis uses for what it keeps. */
  async usedBytes(): Promise<number> {
    const memory = await this.connection.info('memory');
    return Number(/^used_memory:(\d+)/m.exec(memory)?.[1] ?? Number.NaN);
  }

  async stop(): Promise<void> {
    await closeConnection(this.connection);
    await this.process.end();
  }

  private async untilAnswers(): Promise<void> {
    const deadline = Date.now() + START_LIMIT_MS;
    while (Date.now() < deadline) {
      const answer = await Promise.race([this.connection.ping(), delay(200)]).catch(() => {});
      if (answer === 'PONG') return;
    }
    throw new Error('The Redis of the benchmark did not start');
  }
}
