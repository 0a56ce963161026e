/**
 * The daemon: one detached process per data directory, which keeps the redis-server running for as long as
 * commands hold a connection to its control socket, and some seconds longer. A connection ends with
 * its process, so a command that is killed is seen like one that ends.
 */

import { createServer, type Server, type Socket } from 'node:net';
import { CommandError, errorCode, errorText, EXIT } from '../base/errors.js';
import { wait } from '../base/wait.js';
import { findServerBinary, INSTALLERS } from './binary.js';
import { type ControlMessage, encodeMessage, SIGN_OF_LIFE_MS } from './control-protocol.js';
import type { DataDirectory } from './data-directory.js';
import { DataLock } from './lock.js';
import { rotateLog } from './server-files.js';
import { adoptServer, type RunningServer, shutDownServer, startServer } from './server.js';

const CLOSE_LIMIT_MS = 1_000;

/** A server that ends this often in a row is not started again. */
const RESTARTS_MAX = 8;
const RESTART_DELAY_MS = 100;
const RESTART_DELAY_MS_MAX = 5_000;
/** A server that ran this long did not fail at its start. */
const HEALTHY_AFTER_MS = 10_000;
const LOG_CHECK_MS = 60_000;

export interface DaemonOptions {
  readonly directory: DataDirectory;
  /** How long the server stays after the last command has gone. */
  readonly idleMs: number;
  readonly env: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
}

export class Daemon {
  readonly #options: DaemonOptions;
  readonly #commands = new Set<Socket>();
  readonly #announced: ControlMessage[] = [];
  readonly #control: Server;
  readonly #abandon = new AbortController();
  #ready = false;
  #stopping = false;
  #idleTimer: NodeJS.Timeout | undefined;
  #signOfLife: NodeJS.Timeout | undefined;
  #end: () => void = () => undefined;

  constructor(options: DaemonOptions) {
    this.#options = options;
    this.#control = createServer((socket) => this.#accept(socket));
  }

  /**
   * Returns at once when another daemon holds the lock; else when the last command has been gone for
   * `idleMs`, or the server cannot be run.
   * @throws CommandError when another host holds the lock, the system's error when it cannot be made.
   */
  async run(): Promise<void> {
    try {
      const lock = await DataLock.take(
        this.#options.directory,
        this.#control,
        this.#abandon.signal,
      );
      if (lock !== undefined) await this.#lead(lock);
    } finally {
      await this.#close();
    }
  }

  /** Ends the server and the daemon although commands are connected: the machine or the session ends. */
  stop(): void {
    this.#stopping = true;
    if (this.#ready) this.#end();
    else this.#abandon.abort(new Error('the daemon was told to stop'));
  }

  async #lead(lock: DataLock): Promise<void> {
    const { directory, env, log } = this.#options;
    log(`supervises the server in ${directory.redisDir}`);
    this.#signOfLife = setInterval(() => this.#showLife(), SIGN_OF_LIFE_MS);
    const announce = (line: string): void => this.#announce(line);
    const { signal } = this.#abandon;
    const supervisor = new ServerSupervisor({ directory, lock, env, signal, log, announce });
    try {
      await this.#serve(supervisor);
    } catch (error) {
      log(errorText(error));
      if (!(error instanceof SupersededError)) this.#say(failure(error));
    } finally {
      await lock.release();
      log('has left');
    }
  }

  /**
   * Runs the server until the last command has gone. It ends before the lock is released: a command
   * that comes meanwhile is connected, finds its connection closed, and starts a daemon that meets no
   * server. A server that cannot write its data refuses to end, and is kept.
   */
  async #serve(supervisor: ServerSupervisor): Promise<void> {
    const { ended } = await supervisor.start();
    do {
      const enough = new Promise<void>((resolve) => (this.#end = resolve));
      this.#becomeReady();
      await Promise.race([ended, enough]);
      this.#ready = false;
    } while (!(await supervisor.stop()) && !this.#stopping);
  }

  #accept(socket: Socket): void {
    this.#commands.add(socket);
    clearTimeout(this.#idleTimer);
    socket.on('error', () => undefined).resume();
    socket.once('close', () => {
      this.#commands.delete(socket);
      this.#armIdleTimer();
    });
    for (const message of this.#announced) socket.write(encodeMessage(message));
    if (this.#ready) socket.write(encodeMessage({ type: 'ready' }));
  }

  #announce(line: string): void {
    const message: ControlMessage = { type: 'announce', line };
    this.#announced.push(message);
    this.#say(message);
  }

  #becomeReady(): void {
    this.#ready = true;
    this.#announced.length = 0;
    this.#say({ type: 'ready' });
    this.#armIdleTimer();
  }

  #say(message: ControlMessage): void {
    for (const socket of this.#commands) socket.write(encodeMessage(message));
  }

  /** Empty lines, for commands that wait. */
  #showLife(): void {
    if (this.#ready) return;
    for (const socket of this.#commands) socket.write('\n');
  }

  #armIdleTimer(): void {
    clearTimeout(this.#idleTimer);
    if (!this.#ready || this.#commands.size > 0) return;
    this.#idleTimer = setTimeout(this.#end, this.#options.idleMs);
  }

  async #close(): Promise<void> {
    clearTimeout(this.#idleTimer);
    clearInterval(this.#signOfLife);
    const closed = new Promise<void>((resolve) => this.#control.close(() => resolve()));
    for (const socket of this.#commands) socket.end();
    const force = setTimeout(() => this.#dropCommands(), CLOSE_LIMIT_MS);
    await closed;
    clearTimeout(force);
  }

  #dropCommands(): void {
    for (const socket of this.#commands) socket.destroy();
  }
}

function failure(error: unknown): ControlMessage {
  if (error instanceof CommandError) {
    return { type: 'failed', error: error.message, exitCode: error.exitCode };
  }
  const notWritable = ['EACCES', 'EROFS', 'ENOSPC', 'EPERM'].includes(errorCode(error) ?? '');
  const exitCode = notWritable ? EXIT.cannotWrite : EXIT.unavailable;
  return { type: 'failed', error: `Cannot run the embedded Redis: ${errorText(error)}`, exitCode };
}

/**
 * The lock's files were removed under a living daemon: no server may be started without the lock, and
 * one that runs is the next holder's business.
 */
class SupersededError extends Error {
  override readonly name = 'SupersededError';

  constructor() {
    super('the lock is lost');
  }
}

interface SupervisorDeps {
  readonly directory: DataDirectory;
  readonly lock: DataLock;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
  readonly announce: (line: string) => void;
}

/** Keeps the redis-server running until it is told to stop. */
class ServerSupervisor {
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
