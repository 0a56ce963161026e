/** A place to run `compare` as people do: the built program, a Redis, a stand-in, a data directory. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { OriginInput } from '../../../origin/options.js';
import { createOrigin, type Origin } from '../../../origin/server.js';
import type { RedisConnection } from '../../../shared/redis/connection.js';
import { until } from '../../support/condition.js';
import { PROJECT_ROOT } from '../../support/project-root.js';
import { startTestRedis, type TestRedis } from '../../support/redis-server.js';

const PROGRAM = join(PROJECT_ROOT, 'dist/cli/main.js');

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
}

export class ComparingPlace {
  readonly redis: TestRedis;
  readonly connection: RedisConnection;
  readonly origin: Origin;
  readonly data: string;
  private readonly started: ChildProcess[] = [];

  private constructor(redis: TestRedis, origin: Origin, data: string) {
    this.redis = redis;
    this.connection = redis.connect();
    this.origin = origin;
    this.data = data;
  }

  static async open(input: OriginInput = {}): Promise<ComparingPlace> {
    const origin = createOrigin(input);
    const [redis, data] = await Promise.all([
      startTestRedis(),
      mkdtemp(join(tmpdir(), 'cq-compare-')),
      origin.start(),
    ]);
    return new ComparingPlace(redis, origin, data);
  }

  /** Runs a command to its end. */
  run(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return this.start(args, environment).ended;
  }

  /** Starts a command. */
  start(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Started {
    const child = spawn(process.execPath, [PROGRAM, ...args, '--data', this.data], {
      cwd: this.data,
      env: {
        PATH: process.env['PATH'],
        REDIS_URL: this.redis.url,
        COMIC_QUEUE_COMIC_URL: `${this.origin.url}/{id}/info.0.json`,
        COMIC_QUEUE_COMIC_LATEST_URL: `${this.origin.url}/info.0.json`,
        COMIC_QUEUE_SEARCH_URL: `${this.origin.url}/search?q={term}`,
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.started.push(child);
    return { process: child, ended: endOf(child) };
  }

  /** Resolves with what a pattern finds on the stderr of a command. */
  async lineOf({ stderr }: ChildProcess, pattern: RegExp): Promise<string> {
    let seen = '';
    stderr?.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
    });
    return until(`a line such as ${pattern.source}`, () => pattern.exec(seen)?.[1]);
  }

  async close(): Promise<void> {
    for (const child of this.started) child.kill('SIGKILL');
    await Promise.all([this.origin.stop(), this.redis.stop()]);
    await rm(this.data, { recursive: true, force: true });
  }
}

async function endOf(child: ChildProcess): Promise<Ended> {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('The command has no pipes');
  const [out, problems] = await Promise.all([text(stdout), text(stderr), once(child, 'close')]);
  return { exitCode: child.exitCode, stdout: out, stderr: problems };
}
