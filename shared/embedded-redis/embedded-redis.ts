/**
 * A real redis-server for this machine, shared by the commands on one data directory and shut down
 * after the last one. Whatever was acknowledged is there again the next time.
 */

import { spawn } from 'node:child_process';
import { type FileHandle, open, readFile, rename } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandError, EXIT } from '../base/errors.js';
import { pauseFor, wait } from '../base/wait.js';
import { type DataDirectory, prepareDataDirectory } from './data-directory.js';
import { boundGenerations, controlPath, ensureRuntimeDir, readGenerations } from './lead.js';
import {
  type Connecting,
  connectSocket,
  type ControlMessage,
  decodeMessage,
  MESSAGE_LENGTH_MAX,
} from './socket.js';

/** Pauses between attempts to find a daemon again, in the background. */
const RETRY_DELAY_MS = 250;
const RETRY_DELAY_MS_MAX = 10_000;

export interface EmbeddedRedisOptions {
  /** Created when missing. */
  readonly dataDir: string;
  /** Receives a line, without its end, when something is installed. */
  readonly announce: (line: string) => void;
  /** Ends the waiting for the server; an open Redis is not touched by it. */
  readonly signal: AbortSignal;
}

export interface EmbeddedRedis {
  /** For ioredis: `new Redis(socketPath)`. Stays the same when the server is started again. */
  readonly socketPath: string;
  /** The same as a URL for REDIS_URL: `unix:///path`. */
  readonly url: string;
  /**
   * Says that this command needs the server no more. Repeating it is harmless; a process that ends
   * without it is noticed as well.
   */
  close(): Promise<void>;
}

/**
 * Resolves when the server of the data directory answers: one that runs already, or a new one.
 * Until `close` it is kept running, also when its daemon or the server itself is killed.
 * @throws CommandError 73 when the data directory cannot be written, 69 when no server can be had.
 */
export async function openEmbeddedRedis(options: EmbeddedRedisOptions): Promise<EmbeddedRedis> {
  if (process.platform === 'win32') {
    throw new CommandError(
      EXIT.unavailable,
      'Cannot run the embedded Redis on Windows. Use WSL, or set REDIS_URL.',
    );
  }
  const directory = await prepareDataDirectory(options.dataDir);
  const connection = await connectDaemon(directory, options.announce, options.signal);
  const closing = new AbortController();
  void stayConnected(directory, connection, closing.signal);
  return {
    socketPath: connection.socketPath,
    url: `unix://${connection.socketPath}`,
    close: async () => closing.abort(),
  };
}

/** Holds a connection to a daemon until the signal; a daemon that was killed is replaced. */
async function stayConnected(
  directory: DataDirectory,
  first: DaemonConnection,
  signal: AbortSignal,
): Promise<void> {
  let connection: DaemonConnection | undefined = first;
  let delayMs = RETRY_DELAY_MS;
  while (!signal.aborted) {
    if (connection !== undefined) {
      await closed(connection, signal);
      delayMs = RETRY_DELAY_MS;
    } else if (await pauseFor(delayMs, signal)) {
      delayMs = Math.min(delayMs * 2, RETRY_DELAY_MS_MAX);
    }
    if (signal.aborted) return;
    connection = await connectDaemon(directory, () => undefined, signal).catch(() => undefined);
  }
}

/** Resolves when the connection has ended; the signal ends it. */
function closed({ control }: DaemonConnection, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const onAbort = (): void => void control.destroy();
    signal.addEventListener('abort', onAbort, { once: true });
    control.once('close', () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    if (signal.aborted || control.destroyed) {
      control.destroy();
      resolve();
    }
  });
}

/** A daemon listens microseconds after it bound its socket: one that refuses this long is dead. */
const REFUSED_LIMIT_MS = 100;
const REFUSED_POLL_MS = 10;
/** Each round meets a daemon that is leaving or just lost to another; many in a row are a defect. */
const ROUNDS_MAX = 50;
const ROUND_PAUSE_MS = 20;
/** A daemon that is starting or leaving gives a sign of life every two seconds. */
const SILENCE_LIMIT_MS = 20_000;

const SILENT_DAEMON =
  'Cannot reach the embedded Redis: its daemon (a process named daemon-main.js) does not answer. End that process, or set REDIS_URL.';

export interface DaemonConnection {
  /** The server's socket; the server answers. */
  readonly socketPath: string;
  /** While it is open the server stays. It does not keep the process alive. */
  readonly control: Socket;
}

/**
 * Resolves with a connection to the leading daemon once the server answers.
 * @throws CommandError as the daemon reports it, or the signal's reason.
 */
async function connectDaemon(
  directory: DataDirectory,
  announce: (line: string) => void,
  signal: AbortSignal,
): Promise<DaemonConnection> {
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const control = await reachDaemon(directory, signal);
    const answer = control && (await finalMessage(control, announce, signal));
    if (control !== undefined && answer?.type === 'ready') {
      control.setTimeout(0).unref();
      return { socketPath: answer.socketPath, control };
    }
    control?.destroy();
    if (answer?.type === 'failed') throw new CommandError(answer.exitCode, answer.error);
    if (round > 0) await wait(ROUND_PAUSE_MS, signal);
  }
  throw new CommandError(
    EXIT.unavailable,
    `Cannot reach the embedded Redis in ${directory.redisDir}: its daemons come and go. See daemon.log there, or set REDIS_URL.`,
  );
}

/** One look at the sockets: a connection, or undefined when the caller should look again. */
async function reachDaemon(
  directory: DataDirectory,
  signal: AbortSignal,
): Promise<Socket | undefined> {
  await ensureRuntimeDir(directory);
  const { bound, last } = await readGenerations(directory);
  if (bound === 0) {
    await launchDaemon(directory, last + 1, signal);
    return undefined;
  }
  const connecting = await connectPatiently(controlPath(directory, bound), signal);
  if (connecting.kind === 'connected') return connecting.socket;
  if (connecting.kind === 'refused') await launchDaemon(directory, last + 1, signal);
  return undefined;
}

async function connectPatiently(path: string, signal: AbortSignal): Promise<Connecting> {
  const started = performance.now();
  for (;;) {
    const connecting = await connectSocket(path);
    if (connecting.kind !== 'refused') return connecting;
    if (performance.now() - started > REFUSED_LIMIT_MS) return connecting;
    await wait(REFUSED_POLL_MS, signal);
  }
}

/** Passes announcements on; resolves with `ready` or `failed`, or undefined when the daemon left. */
function finalMessage(
  control: Socket,
  announce: (line: string) => void,
  signal: AbortSignal,
): Promise<ControlMessage | undefined> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      control.destroy();
      reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    control.setTimeout(SILENCE_LIMIT_MS, () => {
      control.destroy();
      reject(new CommandError(EXIT.unavailable, SILENT_DAEMON));
    });
    onMessage(control, (message) => {
      if (message.type === 'announce') announce(message.line);
      else resolve(message);
    });
    control.once('close', () => {
      signal.removeEventListener('abort', onAbort);
      resolve(undefined);
    });
  });
}

/** Calls back for each message. No `readline`: it turns a reset connection into a crash. */
function onMessage(control: Socket, receive: (message: ControlMessage) => void): void {
  let text = '';
  control.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (text + chunk).split('\n');
    text = (lines.pop() ?? '').slice(0, MESSAGE_LENGTH_MAX);
    for (const line of lines) {
      const message = decodeMessage(line);
      if (message !== undefined) receive(message);
    }
  });
}

const DAEMON = fileURLToPath(new URL('./daemon-main.js', import.meta.url));
const LOG_FILE = 'daemon.log';
const LOG_BYTES_MAX = 256 * 1024;
/** From starting a process to its control socket; a loaded machine takes its time. */
const BIND_LIMIT_MS = 20_000;
const POLL_MS = 5;

/**
 * Starts a daemon for the generation and resolves when there is a daemon of it, this one or another,
 * or when it ended: the caller looks again.
 * @throws CommandError 69 when it ended with an error or never came up.
 */
async function launchDaemon(
  directory: DataDirectory,
  generation: number,
  signal: AbortSignal,
): Promise<void> {
  const log = await openLog(directory);
  let ending: number | string | Error | undefined;
  try {
    const child = spawn(process.execPath, [DAEMON, directory.path, String(generation)], {
      cwd: '/',
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    child.once('exit', (code, signalName) => (ending = code ?? signalName ?? ''));
    child.once('error', (error) => (ending = error));
    child.unref();
  } finally {
    await log.close();
  }
  const started = performance.now();
  while (!(await isBound(directory, generation))) {
    // Another was faster, or somebody killed it.
    if (ending === 0 || typeof ending === 'string') return;
    if (ending !== undefined || performance.now() - started > BIND_LIMIT_MS) {
      throw new CommandError(
        EXIT.unavailable,
        `Cannot start the embedded Redis: its daemon did not come up (${await lastLine(directory)}). See ${join(directory.redisDir, LOG_FILE)}, or set REDIS_URL.`,
      );
    }
    await wait(POLL_MS, signal);
  }
}

async function isBound(directory: DataDirectory, generation: number): Promise<boolean> {
  return (await boundGenerations(directory)).some((bound) => bound >= generation);
}

async function openLog(directory: DataDirectory): Promise<FileHandle> {
  const path = join(directory.redisDir, LOG_FILE);
  const log = await open(path, 'a', 0o600);
  if ((await log.stat()).size <= LOG_BYTES_MAX) return log;
  await log.close();
  // Another command may be turning it over too; either way there is a fresh one.
  await rename(path, `${path}.1`).catch(() => undefined);
  return open(path, 'a', 0o600);
}

async function lastLine(directory: DataDirectory): Promise<string> {
  const log = await readFile(join(directory.redisDir, LOG_FILE), 'utf8').catch(() => '');
  return log.trim().split('\n').at(-1) ?? '';
}
