/** What a command works with, opened when it is first asked for and closed when the command ends. */

import { once } from 'node:events';
import { CommandError, errorText, EXIT, type Service } from '../shared/base/errors.js';
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
import { readRedisLogin } from '../shared/redis/login.js';
import { checkServer, type ServerFinding } from '../shared/redis/server-check.js';
import type { Configuration } from './configuration.js';
import { noteWarning, type Terminal } from './terminal.js';

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
