/** What a command works with, opened when it is first asked for and closed when the command ends. */

import { once } from 'node:events';
import { CommandError, errorText, EXIT, type Service } from '../shared/base/errors.js';
import type { Logger } from '../shared/base/logger.js';
import { proposed } from '../shared/base/proposed-command.js';
import { type Attempt, wait } from '../shared/base/wait.js';
import { hasEmbeddedRedis } from '../shared/embedded-redis/data-directory.js';
import { openEmbeddedRedis } from '../shared/embedded-redis/embedded-redis.js';
import { startTracing } from '../shared/queues/telemetry.js';
import { parseRedisAddress, type RedisAddress } from '../shared/redis/address.js';
import { openRedisClock, type RedisClock } from '../shared/redis/clock.js';
import {
  closeConnection,
  openConnection,
  type RedisConnection,
  requireRedis,
} from '../shared/redis/connection.js';
import { readRedisLogin } from '../shared/redis/login.js';
import { refusalOf, refusalText } from '../shared/redis/refusal.js';
import { checkServer, type ServerFinding } from '../shared/redis/server-check.js';
import type { Run } from '../shared/runs/run.js';
import { findRunTitled, listRuns, requireRun } from '../shared/runs/run-store.js';
import { requireRunWord, type RunWord } from './arguments.js';
import type { Configuration } from './configuration.js';
import { noteWarning, type Terminal } from './terminal.js';
import { programVersion } from './version.js';

export interface SessionDeps {
  readonly configuration: Configuration;
  readonly terminal: Terminal;
  readonly logger: Logger;
  /** Aborts at the first Ctrl-C, SIGTERM or SIGHUP, with an `Interruption`: take no more, then end. */
  readonly signal: AbortSignal;
  /** Takes what must be done at the second signal, before the process exits at once. */
  readonly onForce: (act: () => void) => void;
}

export interface RedisAccess {
  readonly address: RedisAddress;
  readonly connection: RedisConnection;
  readonly clock: RedisClock;
}

export class Session {
  readonly configuration: Configuration;
  readonly terminal: Terminal;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly onForce: (act: () => void) => void;
  readonly #closers: (() => Promise<void>)[] = [];
  #redis: Promise<RedisAccess> | undefined;
  #saidEmpty = false;

  constructor({ configuration, terminal, logger, signal, onForce }: SessionDeps) {
    this.configuration = configuration;
    this.terminal = terminal;
    this.logger = logger;
    this.signal = signal;
    this.onForce = onForce;
  }

  /** The directory of the results. */
  get outDir(): string {
    return this.configuration.outDir ?? this.configuration.dataDir;
  }

  /**
   * Redis: one connection for the whole command, closed by the session.
   *
   * @throws CommandError (unavailable) when it does not answer; (badConfig) when it would lose jobs.
   */
  redis(): Promise<RedisAccess> {
    this.#redis ??= this.openRedis((findings) => this.#requireDurable(findings));
    return this.#redis;
  }

  /**
   * Redis for a command that only looks, which must leave nothing behind: undefined, with a note that says so,
   * where the data directory has no Redis because nothing was ever queued there.
   *
   * @throws CommandError as {@link redis} does.
   */
  async redisToLookAt(): Promise<RedisAccess | undefined> {
    if (await this.hasRedis()) return this.redis();
    if (!this.#saidEmpty) {
      const { dataDir } = this.configuration;
      this.terminal.note(`Nothing was ever queued in ${dataDir}; --data names another directory.`);
    }
    this.#saidEmpty = true;
    return undefined;
  }

  /** Whether there is a Redis: one that is configured, or one in the data directory. */
  async hasRedis(): Promise<boolean> {
    const { redisUrl, dataDir } = this.configuration;
    return redisUrl !== undefined || hasEmbeddedRedis(dataDir);
  }

  /**
   * Opens Redis, starting the embedded one where none is configured. `judge` receives what was found
   * about the server's settings and may throw.
   *
   * @throws CommandError (unavailable) within three seconds when it does not answer; (badConfig) when it
   * refuses its database, or a file of its login cannot be read.
   */
  async openRedis(judge: (findings: readonly ServerFinding[]) => void): Promise<RedisAccess> {
    const address = await this.#redisAddress();
    const connection = openConnection(address, { whenDown: 'fail' }, (error) =>
      this.logger.debug({ error: errorText(error) }, 'Redis connection error'),
    );
    this.defer(() => closeConnection(connection));
    await requireRedis(connection, address);
    judge(await checkServer(connection));
    return { address, connection, clock: await openRedisClock(connection) };
  }

  /**
   * The run that was named, by `run-7`, `7` or its title, of which the newest counts; without a name the newest.
   *
   * @throws CommandError: usage for what is no name of a run; no input when there is no such run.
   */
  async run(name: string | undefined): Promise<Run> {
    const word = name === undefined ? undefined : requireRunWord(name);
    const redis = await this.redisToLookAt();
    if (redis !== undefined && word !== undefined) return namedRun(redis.connection, word);
    const [newest] = redis === undefined ? [] : await listRuns(redis.connection, { limit: 1 });
    if (newest !== undefined) return newest;
    throw new CommandError(
      EXIT.noInput,
      `There are no runs yet. Make one: ${proposed('enqueue', 'comics', '1-200')}`,
    );
  }

  /**
   * Has the jobs of this process traced where that is configured, until the session is closed.
   *
   * @throws CommandError (badConfig) where the packages for it are not installed.
   */
  async traceJobs(): Promise<void> {
    const { otlpEndpoint: endpoint } = this.configuration;
    if (endpoint === undefined) return;
    const onProblem = (text: string): void => noteWarning(text, this.terminal);
    this.defer(await startTracing({ endpoint, version: programVersion(), onProblem }));
  }

  /** Runs a service until the session's signal; resolves when it has stopped. */
  async serve(service: Service, announce: () => void): Promise<void> {
    this.signal.throwIfAborted();
    this.defer(() => service.stop());
    await service.start();
    announce();
    if (!this.signal.aborted) await once(this.signal, 'abort');
    await service.stop();
  }

  /** Registers what to do when the command ends, in reverse order of registration. */
  defer(close: () => Promise<void>): void {
    this.#closers.push(close);
  }

  /** Closes everything, last opened first. A part that fails to close does not keep the others open. */
  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).toReversed()) {
      await close().catch((error: unknown) => this.logger.debug({ error }, 'Cannot close a part'));
    }
  }

  async #redisAddress(): Promise<RedisAddress> {
    const { redisUrl, dataDir } = this.configuration;
    if (redisUrl !== undefined) {
      return parseRedisAddress(redisUrl, await readRedisLogin(this.configuration));
    }
    const redis = await openEmbeddedRedis({
      dataDir,
      announce: (line) => this.terminal.note(line),
      signal: this.signal,
    });
    this.defer(() => redis.close());
    return parseRedisAddress(redis.url);
  }

  #requireDurable(findings: readonly ServerFinding[]): void {
    for (const { level, text } of findings) {
      if (level === 'fail') throw new CommandError(EXIT.badConfig, text);
      if (level === 'warn') noteWarning(text, this.terminal);
    }
  }
}

async function namedRun(connection: RedisConnection, word: RunWord): Promise<Run> {
  if ('number' in word) return requireRun(connection, word.number);
  const run = await findRunTitled(connection, word.title);
  if (run !== undefined) return run;
  throw new CommandError(
    EXIT.noInput,
    `Cannot find a run called ${word.title}: there is none. List the runs: ${proposed('runs')}`,
  );
}

/** Longer than a failover or a restart takes. */
const RIDE_OVER_MS = 30_000;

/** Between two attempts; each takes up to a second itself until the client gives it up. */
const ATTEMPT_EVERY_MS = 500;

/**
 * Makes a function that repeats an attempt while Redis is in trouble, for at most 30 s or `limitMs`,
 * and says so once an outage. Attempts that share it share the time.
 *
 * It rejects with the error of the last attempt when the trouble lasts, with the reason of the session's
 * signal when that aborts, and with any other error of an attempt at once.
 */
export function rideOver(
  { terminal, signal }: Pick<Session, 'terminal' | 'signal'>,
  limitMs = Number.POSITIVE_INFINITY,
): Attempt {
  const rideOverMs = Math.min(limitMs, RIDE_OVER_MS);
  let sinceMs: number | undefined;
  let pause: Promise<void> | undefined;
  return async (attempt) => {
    while (true) {
      try {
        const result = await attempt();
        sinceMs = undefined;
        return result;
      } catch (error) {
        const trouble = asRedisTrouble(error);
        if (trouble === undefined) throw error;
        const nowMs = performance.now();
        if (sinceMs === undefined) {
          const text = `${trouble.message}. Trying again for ${Math.ceil(rideOverMs / 1000)} s`;
          noteWarning(text, terminal);
        }
        sinceMs ??= nowMs;
        if (nowMs - sinceMs >= rideOverMs) throw error;
        // One for all attempts under way: a listener each would be too many for the signal.
        pause ??= wait(ATTEMPT_EVERY_MS, signal).finally(() => (pause = undefined));
        await pause;
      }
    }
  };
}

/** How ioredis and the system say that a server cannot be reached. */
const UNREACHABLE =
  /max retries per request|connection is closed|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|socket timeout|due to connection close|cluster redirections|slots cache|sentinels are unreachable/i;

/** The error to report where Redis caused it; undefined for any other cause. */
export function asRedisTrouble(error: unknown): CommandError | undefined {
  if (!(error instanceof Error)) return undefined;
  const refusal = refusalOf(error);
  if (refusal !== undefined) {
    return new CommandError(EXIT.unavailable, refusalText(refusal), { cause: error });
  }
  return UNREACHABLE.test(errorText(error)) && isOfRedis(error)
    ? new CommandError(EXIT.unavailable, 'Lost the connection to Redis: start it again', {
        cause: error,
      })
    : undefined;
}

/** Fetches fail with the same system errors: only those of the Redis client count. */
function isOfRedis(error: Error): boolean {
  return /ioredis|redis-parser|bullmq/.test(error.stack ?? '') || error.name.includes('Retries');
}
