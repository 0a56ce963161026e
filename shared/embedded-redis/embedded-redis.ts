/**
 * A real redis-server for this machine, shared by the commands on one data directory and shut down
 * after the last one. Whatever was acknowledged is there again the next time.
 *
 * A command holds a connection to the daemon that has the directory's lock, and starts a daemon where
 * there is none.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { type FileHandle, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { CommandError, EXIT } from '../base/errors.js';
import { pauseFor, wait } from '../base/wait.js';
import {
  type ControlMessage,
  decodeMessage,
  MESSAGE_LENGTH_MAX,
  SIGN_OF_LIFE_MS,
} from './control-protocol.js';
import {
  cannotWrite,
  type DataDirectory,
  openDataDirectory,
  SERVER_SOCKET,
} from './data-directory.js';
import { findHolder } from './lock.js';

const DAEMON = fileURLToPath(new URL('./daemon-main.js', import.meta.url));
const LOG_FILE = 'daemon.log';
const LOG_BYTES_MAX = 256 * 1024;
/** Pauses between attempts to find a daemon again, in the background. */
const RETRY_DELAY_MS = 250;
const RETRY_DELAY_MS_MAX = 10_000;
/** Each round meets a daemon that is leaving; many in a row are a defect. */
const ROUNDS_MAX = 50;
const ROUND_PAUSE_MS = 20;
/** From starting a process to its control socket; a loaded machine takes its time. */
const LOCK_LIMIT_MS = 20_000;
const POLL_MS = 5;
const SILENCE_LIMIT_MS = 10 * SIGN_OF_LIFE_MS;

export interface EmbeddedRedisOptions {
  /** Created when missing. */
  readonly dataDir: string;
  /** Receives a line, without its end, when something is installed. */
  readonly announce: (line: string) => void;
  /** Ends the waiting for the server; an open Redis is not touched by it. */
  readonly signal: AbortSignal;
}

export interface EmbeddedRedis {
  /**
   * For REDIS_URL: `unix:///path`, percent-encoded, of any length (see `shortSocketPath`). Stays the
   * same when the server is started again.
   */
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
 * @throws CommandError 73 when the data directory cannot be written or is another user's, 69 when no
 * server can be had or another host uses the directory.
 */
export async function openEmbeddedRedis(options: EmbeddedRedisOptions): Promise<EmbeddedRedis> {
  if (process.platform === 'win32') {
    throw new CommandError(
      EXIT.unavailable,
      'Cannot run the embedded Redis on Windows. Use WSL, or set REDIS_URL.',
    );
  }
  const directory = await openDataDirectory(options.dataDir);
  const control = await connectDaemon(directory, options.announce, options.signal);
  const closing = new AbortController();
  void stayConnected(directory, control, closing.signal);
  return {
    url: pathToFileURL(join(directory.redisDir, SERVER_SOCKET)).href.replace('file:', 'unix:'),
    close: async () => closing.abort(),
  };
}

/** Holds a connection to a daemon until the signal; a daemon that was killed is replaced. */
async function stayConnected(
  directory: DataDirectory,
  first: Socket,
  signal: AbortSignal,
): Promise<void> {
  let control: Socket | undefined = first;
  let delayMs = RETRY_DELAY_MS;
  while (!signal.aborted) {
    if (control !== undefined) {
      await closed(control, signal);
      delayMs = RETRY_DELAY_MS;
    } else if (await pauseFor(delayMs, signal)) {
      delayMs = Math.min(delayMs * 2, RETRY_DELAY_MS_MAX);
    }
    if (signal.aborted) return;
    control = await connectDaemon(directory, () => undefined, signal).catch(() => undefined);
  }
}

/** Resolves when the connection has ended; the signal ends it. */
function closed(control: Socket, signal: AbortSignal): Promise<void> {
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

/**
 * Resolves with a connection to the daemon once the server answers. While it is open the server
 * stays; it does not keep the process alive.
 * @throws CommandError as the daemon reports it, or the signal's reason.
 */
async function connectDaemon(
  directory: DataDirectory,
  announce: (line: string) => void,
  signal: AbortSignal,
): Promise<Socket> {
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    if (round > 0) await wait(ROUND_PAUSE_MS, signal);
    const control = await reachDaemon(directory, signal);
    const answer = await finalMessage(control, announce, signal);
    if (answer?.type === 'ready') {
      control.setTimeout(0).unref();
      return control;
    }
    control.destroy();
    if (answer?.type === 'failed') throw new CommandError(answer.exitCode, answer.error);
  }
  throw new CommandError(
    EXIT.unavailable,
    `Cannot reach the embedded Redis in ${directory.redisDir}: its daemons come and go. See ${LOG_FILE} there, or set REDIS_URL.`,
  );
}

/** Connects to the daemon that holds the lock, and starts one for as long as there is none. */
async function reachDaemon(directory: DataDirectory, signal: AbortSignal): Promise<Socket> {
  const startedAt = performance.now();
  let launched: LaunchedDaemon | undefined;
  for (;;) {
    const holder = await findHolder(directory);
    if (holder.kind === 'living') return holder.control;
    const late = performance.now() - startedAt > LOCK_LIMIT_MS;
    if (launched?.failed() === true || late) throw await noDaemon(directory);
    if (holder.kind === 'none' && launched?.runs() !== true)
      launched = await launchDaemon(directory);
    await wait(POLL_MS, signal);
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
      reject(
        new CommandError(
          EXIT.unavailable,
          'Cannot reach the embedded Redis: its daemon (a process named daemon-main.js) does not answer. End that process, or set REDIS_URL.',
        ),
      );
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

interface LaunchedDaemon {
  runs(): boolean;
  /** Ended with an error; not when another was faster, or when it was killed. */
  failed(): boolean;
}

async function launchDaemon(directory: DataDirectory): Promise<LaunchedDaemon> {
  const log = await openLog(directory);
  try {
    return watchLaunched(
      spawn(process.execPath, [DAEMON, directory.path], {
        cwd: '/',
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
      }),
    );
  } finally {
    await log.close();
  }
}

function watchLaunched(daemon: ChildProcess): LaunchedDaemon {
  let ending: number | string | Error | undefined;
  daemon.once('exit', (code, signalName) => (ending = code ?? signalName ?? ''));
  daemon.once('error', (error) => (ending = error));
  daemon.unref();
  return {
    runs: () => ending === undefined,
    failed: () => ending instanceof Error || (typeof ending === 'number' && ending !== 0),
  };
}

async function openLog(directory: DataDirectory): Promise<FileHandle> {
  const path = join(directory.here, LOG_FILE);
  const log = await open(path, 'a', 0o600);
  if ((await log.stat()).size <= LOG_BYTES_MAX) return log;
  await log.close();
  // Another command may be turning it over too; either way there is a fresh one.
  await rename(path, `${path}.1`).catch(() => undefined);
  return open(path, 'a', 0o600);
}

async function noDaemon(directory: DataDirectory): Promise<CommandError> {
  const log = await readFile(join(directory.here, LOG_FILE), 'utf8').catch(() => '');
  const lastLine = log.trim().split('\n').at(-1) ?? '';
  if (lastLine === '') {
    // It could not even write why.
    const probe = join(directory.here, `probe-${process.pid}`);
    const problem = await writeFile(probe, 'x').catch((error: unknown) => error);
    await rm(probe, { force: true });
    if (problem !== undefined) return cannotWrite(directory.path, problem);
  }
  return new CommandError(
    EXIT.unavailable,
    `Cannot start the embedded Redis: its daemon did not come up (${lastLine}). See ${join(directory.redisDir, LOG_FILE)}, or set REDIS_URL.`,
  );
}
