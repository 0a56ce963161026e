/** What a command works with, opened when it is first asked for and closed when it ends. */

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
import { checkServer, type ServerFinding } from '../shared/redis/server-check.js';
import type { Configuration } from './configuration.js';
import { noteWarning, type Terminal } from './terminal.js';

export interface SessionParts {
  readonly configuration: Configuration;
  readonly terminal: Terminal;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly onForce: (act: () => void) => void;
}

export class Session {
  readonly configuration: Configuration;
  readonly terminal: Terminal;
  readonly logger: Logger;
  /** Aborts at the first Ctrl-C or SIGTERM, with an `Interruption`: take no more, then end. */
  readonly signal: AbortSignal;
  /** Takes what must be done at the second signal, before the process ends at once. */
  readonly onForce: (act: () => void) => void;
  private readonly closers: (() => Promise<void>)[] = [];
  private access: Promise<RedisAccess> | undefined;

  constructor({ configuration, terminal, logger, signal, onForce }: SessionParts) {
    this.configuration = configuration;
    this.terminal = terminal;
    this.logger = logger;
    this.signal = signal;
    this.onForce = onForce;
  }

  /** Where results go. */
  get outDir(): string {
    return this.configuration.outDir ?? this.configuration.dataDir;
  }

  /**
   * Redis, the same one for every caller; closed by the session.
   *
   * @throws CommandError (unavailable) when it does not answer; (badConfig) when it would lose jobs.
   */
  redis(): Promise<RedisAccess> {
    this.access ??= this.openRedis((findings) => this.requireKeeping(findings));
    return this.access;
  }

  /** Redis as {@link redis}, with a word of one's own about its settings. */
  async openRedis(judge: (findings: readonly ServerFinding[]) => void): Promise<RedisAccess> {
    return openRedis({
      configuration: this.configuration,
      logger: this.logger,
      signal: this.signal,
      note: (line) => this.terminal.note(line),
      judge,
      defer: (close) => this.defer(close),
    });
  }

  /** Takes what is to be done when the command ends; what was given last is done first. */
  defer(close: () => Promise<void>): void {
    this.closers.push(close);
  }

  /** Closes everything, last opened first. A part that cannot be closed keeps no other open. */
  async close(): Promise<void> {
    for (const close of this.closers.splice(0).toReversed()) {
      await close().catch((error: unknown) => this.logger.debug({ error }, 'Cannot close a part'));
    }
  }

  private requireKeeping(findings: readonly ServerFinding[]): void {
    for (const { level, text } of findings) {
      if (level === 'fail') throw new CommandError(EXIT.badConfig, text);
      if (level === 'warn') noteWarning(text, this.terminal);
    }
  }
}

/** Runs a service until the session's signal; resolves when it has truly stopped. */
export async function serviceRun(
  session: Session,
  service: Service,
  announce: () => void,
): Promise<void> {
  session.signal.throwIfAborted();
  try {
    await service.start();
    announce();
    if (!session.signal.aborted) await once(session.signal, 'abort');
  } finally {
    await service.stop();
  }
}

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
async function openRedis(options: RedisAccessOptions): Promise<RedisAccess> {
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
  return redis.url;
}
