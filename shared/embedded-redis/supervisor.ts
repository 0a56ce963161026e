/** Keeps the redis-server of a data directory running until it is told to stop. */

import { errorText } from '../base/errors.js';
import { wait } from '../base/wait.js';
import { findServerBinary, INSTALLERS } from './binary.js';
import type { DataDirectory } from './data-directory.js';
import type { DataLock } from './lock.js';
import { rotateLog } from './server-files.js';
import { adoptServer, type RunningServer, shutDownServer, startServer } from './server.js';

/** A server that ends this often in a row is not started again. */
const RESTARTS_MAX = 8;
const RESTART_DELAY_MS = 100;
const RESTART_DELAY_MS_MAX = 5_000;
/** A server that ran this long did not fail at its start. */
const HEALTHY_AFTER_MS = 10_000;
const LOG_CHECK_MS = 60_000;

/**
 * The lock's files were removed under a living daemon: no server may be started without the lock, and
 * one that runs is the next holder's business.
 */
export class SupersededError extends Error {
  override readonly name = 'SupersededError';

  constructor() {
    super('the lock is lost');
  }
}

export interface SupervisorDeps {
  readonly directory: DataDirectory;
  readonly lock: DataLock;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
  readonly announce: (line: string) => void;
}

export class ServerSupervisor {
  readonly #deps: SupervisorDeps;
  #stopping = false;
  #refusal: string | undefined;

  constructor(deps: SupervisorDeps) {
    this.#deps = deps;
  }

  /**
   * Resolves when the server answers. `ended` settles when it runs no more: told to stop, or, as a
   * rejection, when it cannot be kept running.
   */
  async start(): Promise<{ ended: Promise<void> }> {
    this.#stopping = false;
    const server = await this.#obtain();
    const timer = setInterval(() => void this.#rotateLog(), LOG_CHECK_MS);
    const ended = this.#watch(server).finally(() => clearInterval(timer));
    return { ended };
  }

  /**
   * Ends the server after it wrote its data, unless another daemon has taken the lock and with it the
   * server; false when it refused, and still runs.
   */
  async stop(): Promise<boolean> {
    this.#stopping = true;
    const { directory, lock, signal } = this.#deps;
    if (await lock.isTaken()) return true;
    const refusal = await shutDownServer(directory, signal);
    if (refusal === undefined) return true;
    if (refusal !== this.#refusal) this.#deps.log(`the server does not end: ${refusal}`);
    this.#refusal = refusal;
    this.#stopping = false;
    return false;
  }

  async #watch(first: RunningServer): Promise<void> {
    let server = first;
    let failures = 0;
    for (;;) {
      const startedAt = performance.now();
      await server.gone;
      if (this.#stopping) return;
      failures = performance.now() - startedAt > HEALTHY_AFTER_MS ? 0 : failures + 1;
      this.#deps.log('the server ended by itself; starting it again');
      server = await this.#obtainAgain(failures);
    }
  }

  async #obtainAgain(failures: number): Promise<RunningServer> {
    for (let tries = failures; ; tries += 1) {
      const delayMs = tries <= 1 ? 0 : RESTART_DELAY_MS * 2 ** (tries - 2);
      await wait(Math.min(delayMs, RESTART_DELAY_MS_MAX), this.#deps.signal);
      try {
        return await this.#obtain();
      } catch (error) {
        if (error instanceof SupersededError || tries >= RESTARTS_MAX) throw error;
        this.#deps.log(errorText(error));
      }
    }
  }

  async #obtain(): Promise<RunningServer> {
    const { directory, env, announce, signal } = this.#deps;
    await this.#assertLock();
    const living = await adoptServer(directory, signal);
    if (living !== undefined) return living;
    const binary = await findServerBinary({ env, announce }, INSTALLERS);
    await this.#assertLock();
    return startServer(directory, binary, signal);
  }

  async #assertLock(): Promise<void> {
    if (!(await this.#deps.lock.isHeld())) throw new SupersededError();
  }

  async #rotateLog(): Promise<void> {
    await rotateLog(this.#deps.directory).catch((error: unknown) =>
      this.#deps.log(errorText(error)),
    );
  }
}
