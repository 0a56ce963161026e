/** Keeps one redis-server running until it is told to stop. */

import { errorText } from '../base/errors.js';
import { wait } from '../base/wait.js';
import { findServerBinary, INSTALLERS } from './binary.js';
import type { DataDirectory } from './data-directory.js';
import { stillLeads } from './lead.js';
import { turnOverLog } from './server-files.js';
import {
  adoptServer,
  killServers,
  type RunningServer,
  shutDownServer,
  startServer,
} from './server.js';

/**
 * A later daemon has come, because our sockets were removed under us: the server is its business
 * now, whether it adopted ours or started its own.
 */
export class SupersededError extends Error {
  override readonly name = 'SupersededError';

  constructor() {
    super('a later daemon leads');
  }
}

/** A server that ends this often in a row will not be better the next time. */
const RESTARTS_MAX = 8;
const RESTART_DELAY_MS = 100;
const RESTART_DELAY_MS_MAX = 5_000;
/** After this long a server counts as well. */
const WELL_AFTER_MS = 10_000;
const LOG_CHECK_MS = 60_000;

export interface SupervisorOptions {
  readonly directory: DataDirectory;
  readonly generation: number;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
  readonly announce: (line: string) => void;
}

export class ServerSupervisor {
  readonly #options: SupervisorOptions;
  #stopping = false;
  #refusal: string | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the server answers. `ended` settles when it runs no more: told to stop, or, as a
   * rejection, when it cannot be kept running.
   */
  async start(): Promise<{ ended: Promise<void> }> {
    this.#stopping = false;
    const server = await this.#obtain();
    const timer = setInterval(() => void this.#turnOverLog(), LOG_CHECK_MS);
    const ended = this.#watch(server).finally(() => clearInterval(timer));
    return { ended };
  }

  /**
   * Ends the server after it wrote its data, unless it belongs to a later daemon; false when it
   * refused, and still runs.
   */
  async stop(): Promise<boolean> {
    this.#stopping = true;
    if (!(await this.#leads())) return true;
    const refusal = await shutDownServer(this.#options.directory, this.#options.signal);
    if (refusal === undefined) return true;
    if (refusal !== this.#refusal) this.#options.log(`the server does not end: ${refusal}`);
    this.#refusal = refusal;
    this.#stopping = false;
    return false;
  }

  /** Ends the server without letting it write: its data belongs to another machine. */
  async kill(): Promise<void> {
    this.#stopping = true;
    await killServers(this.#options.directory, this.#options.signal);
  }

  async #watch(first: RunningServer): Promise<void> {
    let server = first;
    let failures = 0;
    for (;;) {
      const startedAt = performance.now();
      await server.gone;
      if (this.#stopping) return;
      failures = performance.now() - startedAt > WELL_AFTER_MS ? 0 : failures + 1;
      this.#options.log('the server ended by itself; starting it again');
      server = await this.#obtainAgain(failures);
    }
  }

  async #obtainAgain(failures: number): Promise<RunningServer> {
    for (let tries = failures; ; tries += 1) {
      const delayMs = tries <= 1 ? 0 : RESTART_DELAY_MS * 2 ** (tries - 2);
      await wait(Math.min(delayMs, RESTART_DELAY_MS_MAX), this.#options.signal);
      try {
        return await this.#obtain();
      } catch (error) {
        if (error instanceof SupersededError || tries >= RESTARTS_MAX) throw error;
        this.#options.log(errorText(error));
      }
    }
  }

  async #obtain(): Promise<RunningServer> {
    const { directory, env, announce, signal } = this.#options;
    await this.#assertLead();
    const living = await adoptServer(directory, signal);
    if (living !== undefined) return living;
    const binary = await findServerBinary({ env, announce }, INSTALLERS);
    await this.#assertLead();
    return startServer(directory, binary, signal);
  }

  async #assertLead(): Promise<void> {
    if (!(await this.#leads())) throw new SupersededError();
  }

  async #leads(): Promise<boolean> {
    return stillLeads(this.#options.directory, this.#options.generation);
  }

  async #turnOverLog(): Promise<void> {
    await turnOverLog(this.#options.directory).catch((error: unknown) =>
      this.#options.log(errorText(error)),
    );
  }
}
