/**
 * The daemon: one detached process per data directory, which runs the redis-server for as long as
 * commands hold a connection to its control socket, and some seconds longer. A connection ends with
 * its process, so a command that is killed is seen like one that ends.
 */

import { createServer, type Server, type Socket } from 'node:net';
import { CommandError, errorCode, errorText, EXIT } from '../base/errors.js';
import type { DataDirectory } from './data-directory.js';
import { takeLease } from './data-lease.js';
import { bindGeneration, removeRuntimeDir, takeLead } from './lead.js';
import { type ControlMessage, encodeMessage } from './socket.js';
import { ServerSupervisor, SupersededError } from './supervisor.js';

/** Commands give a daemon up that says nothing for `SILENCE_LIMIT_MS` in `daemon-connection.ts`. */
const SIGN_OF_LIFE_MS = 2_000;
const FAREWELL_LIMIT_MS = 1_000;

export interface DaemonOptions {
  readonly directory: DataDirectory;
  readonly generation: number;
  /** How long the server stays after the last command has gone. */
  readonly idleMs: number;
  readonly env: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
}

/** Keeps the server; the promise of `run` ends when this daemon is no longer needed. */
export class Daemon {
  readonly #options: DaemonOptions;
  readonly #commands = new Set<Socket>();
  readonly #announced: ControlMessage[] = [];
  readonly #supervisor: ServerSupervisor;
  readonly #control: Server;
  readonly #abandon = new AbortController();
  #ready = false;
  #idleTimer: NodeJS.Timeout | undefined;
  #signOfLife: NodeJS.Timeout | undefined;
  #end: () => void = () => undefined;

  constructor(options: DaemonOptions) {
    this.#options = options;
    this.#control = createServer((socket) => this.#welcome(socket));
    const { directory, generation, env, log } = options;
    const announce = (line: string): void => this.#announce(line);
    const { signal } = this.#abandon;
    this.#supervisor = new ServerSupervisor({ directory, generation, env, signal, log, announce });
  }

  /**
   * Returns at once when another daemon leads; else when the last command has been gone for
   * `idleMs`, or the server cannot be run. Closing removes the control socket.
   */
  async run(): Promise<void> {
    const { directory, generation, log } = this.#options;
    if (!(await bindGeneration(this.#control, directory, generation))) return;
    try {
      if (!(await takeLead(directory, generation))) return;
      log(`generation ${generation} keeps ${directory.redisDir}`);
      this.#signOfLife = setInterval(() => this.#showLife(), SIGN_OF_LIFE_MS);
      await this.#serve();
    } catch (error) {
      log(errorText(error));
      if (!(error instanceof SupersededError)) this.#say(failure(error));
    } finally {
      await this.#close();
    }
  }

  /** Ends the server and the daemon, whoever is connected: the machine or the session ends. */
  stop(): void {
    if (this.#ready) this.#end();
    else this.#abandon.abort(new Error('the daemon was told to stop'));
  }

  async #serve(): Promise<void> {
    const ended = new Promise<void>((resolve) => (this.#end = resolve));
    const announce = (line: string): void => this.#announce(line);
    const lease = await takeLease(this.#options.directory, announce, this.#abandon.signal);
    try {
      if (lease.inherited) await this.#supervisor.kill();
      const { ended: serverEnded } = await this.#supervisor.start();
      this.#becomeReady();
      await Promise.race([
        ended,
        serverEnded,
        lease.lost.catch((reason: unknown) => this.#yield(reason)),
      ]);
      await this.#supervisor.stop();
    } finally {
      await lease.release();
    }
  }

  /** Another machine works on the data: the server must not write one byte more. */
  async #yield(reason: unknown): Promise<never> {
    this.#ready = false;
    await this.#supervisor.kill();
    throw reason;
  }

  #welcome(socket: Socket): void {
    this.#commands.add(socket);
    clearTimeout(this.#idleTimer);
    socket.on('error', () => undefined).resume();
    socket.once('close', () => {
      this.#commands.delete(socket);
      this.#armIdleTimer();
    });
    for (const message of this.#announced) socket.write(encodeMessage(message));
    if (this.#ready) socket.write(encodeMessage(this.#readyMessage()));
  }

  #announce(line: string): void {
    const message: ControlMessage = { type: 'announce', line };
    this.#announced.push(message);
    this.#say(message);
  }

  #becomeReady(): void {
    this.#ready = true;
    this.#announced.length = 0;
    this.#say(this.#readyMessage());
    this.#armIdleTimer();
  }

  #readyMessage(): ControlMessage {
    return { type: 'ready', socketPath: this.#options.directory.socketPath };
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
    this.#idleTimer = setTimeout(() => void this.#leave(), this.#options.idleMs);
  }

  /**
   * Ends the server before anything else, while the control socket still holds whoever comes: such
   * a command finds its connection closed and begins the next generation, which meets no server.
   * A server that cannot write its data refuses to end, and is kept.
   */
  async #leave(): Promise<void> {
    this.#ready = false;
    if (await this.#supervisor.stop()) this.#end();
    else this.#becomeReady();
  }

  async #close(): Promise<void> {
    clearTimeout(this.#idleTimer);
    clearInterval(this.#signOfLife);
    const { directory, generation, log } = this.#options;
    // Closing removes the socket's file, and with it the way in.
    const closed = new Promise<void>((resolve) => this.#control.close(() => resolve()));
    for (const socket of this.#commands) socket.end();
    const force = setTimeout(() => this.#dropCommands(), FAREWELL_LIMIT_MS);
    await closed;
    clearTimeout(force);
    await removeRuntimeDir(directory);
    log(`generation ${generation} has left`);
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
