/** What a command works with, opened when it is first asked for and closed when it ends. */

import { CommandError, EXIT } from '../shared/base/errors.js';
import type { Logger } from '../shared/base/logger.js';
import type { ServerFinding } from '../shared/redis/server-check.js';
import type { Configuration } from './configuration.js';
import { noteWarning } from './problem.js';
import type { RedisAccess } from './redis-access.js';
import type { Terminal } from './terminal.js';

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
    const { openRedis } = await import('./redis-access.js');
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
