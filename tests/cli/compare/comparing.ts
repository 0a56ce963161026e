/** A place to run `compare`: the program, a Redis, a stand-in, a data directory. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { settingsOf } from '../../../cli/commands/origin.js';
import type { OriginInput } from '../../../origin/options.js';
import { createOrigin, type Origin } from '../../../origin/server.js';
import type { RedisConnection } from '../../../shared/redis/connection.js';
import { until } from '../../support/condition.js';
import { PROJECT_ROOT } from '../../support/project-root.js';
import { startTestRedis, type TestRedis } from '../../support/redis-server.js';
import { type Ending, runInProcess } from '../command-line.js';

const PROGRAM = join(PROJECT_ROOT, 'dist/cli/main.js');

type Environment = Readonly<Record<string, string>>;

export interface Started {
  readonly process: ChildProcess;
  readonly ended: Promise<Ending>;
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

  /** Runs a command to its end, in this process. */
  run(args: readonly string[], environment: Environment = {}): Promise<Ending> {
    const env = { ...this.#environment, ...environment };
    return runInProcess([...args, '--data', this.data], { cwd: this.data, env });
  }

  /** Starts the program. */
  start(args: readonly string[], environment: Environment = {}): Started {
    const child = spawn(process.execPath, [PROGRAM, ...args, '--data', this.data], {
      cwd: this.data,
      env: { PATH: process.env['PATH'], ...this.#environment, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.started.push(child);
    return { process: child, ended: endOf(child) };
  }

  get #environment(): Environment {
    return { REDIS_URL: this.redis.url, ...settingsOf(this.origin.url) };
  }

  /** Resolves with what a pattern finds on the stderr of a command. */
  async lineOf({ stderr }: ChildProcess, pattern: RegExp): Promise<string> {
    let seen = '';
    stderr?.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
    });
    return until(`a line such as ${pattern.source}`, () => pattern.exec(seen)?.[1]);
  }

  /** How many requests the stand-in has had. */
  async requests(): Promise<number> {
    const answer = await fetch(`${this.origin.url}/__origin/stats`);
    return z.object({ requests: z.number() }).parse(await answer.json()).requests;
  }

  async close(): Promise<void> {
    for (const child of this.started) child.kill('SIGKILL');
    await Promise.all([this.origin.stop(), this.redis.stop()]);
    await rm(this.data, { recursive: true, force: true });
  }
}

async function endOf(child: ChildProcess): Promise<Ending> {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('The command has no pipes');
  const [out, problems] = await Promise.all([text(stdout), text(stderr), once(child, 'close')]);
  return { exitCode: child.exitCode, stdout: out, stderr: problems };
}
