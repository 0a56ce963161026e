/** The redis-server of one data directory: adopted when one lives, started when none does. */

import { spawn } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { CommandError, errorText, EXIT } from '../base/errors.js';
import { connectSocket } from '../base/unix-socket.js';
import { wait } from '../base/wait.js';
import type { ServerBinary } from './binary.js';
import { type DataDirectory, SERVER_SOCKET } from './data-directory.js';
import {
  findServers,
  lastWords,
  logBytes,
  requireManifest,
  rotateLog,
  serverSettings,
  SETTINGS_FILE,
} from './server-files.js';

/** A server without a socket may be just starting or just ending; then it is told to end. */
const ORPHAN_GRACE_MS = 500;
/** While it loads its file a server says so, however long it takes; one that says nothing hangs. */
const SILENCE_LIMIT_MS = 30_000;
const REPLY_LIMIT_MS = 2_000;
const REPLY_LENGTH_MAX = 4096;
const POLL_MS = 5;
const POLL_SLOW_MS = 100;
/** Killed while it starts, a server is started again, but not for ever: memory may be short. */
const START_TRIES_MAX = 3;
/** Flushing the append-only file to a slow disk. */
const END_LIMIT_MS = 20_000;
const END_POLL_MS = 10;

/** A server that answers. */
export interface RunningServer {
  /** Resolves when its connections close: it ended, or was killed. */
  readonly gone: Promise<void>;
}

/**
 * Finds the living server, or undefined when none works in the directory. One that answers is never
 * ended; one that lost its socket is, for nothing could reach it.
 * @throws CommandError 69 when one lives that neither answers nor ends.
 */
export async function adoptServer(
  directory: DataDirectory,
  signal: AbortSignal,
): Promise<RunningServer | undefined> {
  const patience = new Patience(directory);
  let absentSince: number | undefined;
  for (;;) {
    const answer = await lookForServer(directory);
    if (typeof answer === 'object') return answer;
    if (answer !== 'absent') {
      absentSince = undefined;
      await patience.wait(answer, signal);
      continue;
    }
    const pids = await findServers(directory.here);
    if (pids.length === 0) return undefined;
    absentSince ??= performance.now();
    if (performance.now() - absentSince > ORPHAN_GRACE_MS) {
      if (!(await endServers(directory, pids, signal))) throw unreachable(directory, pids);
    }
    await wait(POLL_MS, signal);
  }
}

/**
 * Starts a server and resolves when it answers. Call only when {@link adoptServer} found none.
 * @throws CommandError 69 with the last line of the server's log, or when its data is not whole.
 */
export async function startServer(
  directory: DataDirectory,
  binary: ServerBinary,
  signal: AbortSignal,
): Promise<RunningServer> {
  await requireManifest(directory, binary);
  await rotateLog(directory);
  await writeFile(join(directory.here, SETTINGS_FILE), serverSettings(binary));
  const logFrom = await logBytes(directory);
  let ending = '';
  for (let tries = 0; tries < START_TRIES_MAX; tries += 1) {
    const started = await tryToStart(directory, binary, signal);
    if (started.server !== undefined) return started.server;
    // A server that gives up while it starts leaves its socket behind.
    await rm(socketPath(directory), { force: true });
    ending = started.killed
      ? started.ending
      : (await lastWords(directory, logFrom)) || started.ending;
    if (!started.killed) break;
  }
  throw new CommandError(
    EXIT.unavailable,
    `Cannot start the embedded Redis in ${directory.redisDir}: ${ending}. Correct that, choose another --data, or set REDIS_URL.`,
  );
}

/**
 * Ends the server after it wrote its data; returns the reason when it still runs. With a full disk
 * it is left running: asked to end, it would forget what it acknowledged and could not write.
 */
export async function shutDownServer(
  directory: DataDirectory,
  signal: AbortSignal,
): Promise<string | undefined> {
  const path = socketPath(directory);
  // A writing command that changes nothing tells whether the last write to the disk failed.
  const write = await askRedis(path, 'DEL comic-queue:none', REPLY_LIMIT_MS);
  if (write.kind === 'reply' && write.line.startsWith('-MISCONF')) return write.line;
  const reply = await askRedis(path, 'SHUTDOWN', END_LIMIT_MS);
  if (reply.kind === 'reply') return reply.line;
  const ended =
    reply.kind === 'unreachable'
      ? // The data directory was deleted, and the socket with it.
        await endServers(directory, await findServers(directory.here), signal)
      : await untilNoneLives(directory, signal);
  return ended ? undefined : `still there after ${END_LIMIT_MS / 1000} s`;
}

type Start =
  | { readonly server: RunningServer }
  | { readonly server: undefined; readonly ending: string; readonly killed: boolean };

async function tryToStart(
  directory: DataDirectory,
  binary: ServerBinary,
  signal: AbortSignal,
): Promise<Start> {
  let end: Start | undefined;
  // The working directory marks the process as the server of this directory from its first moment.
  const child = spawn(binary.path, [SETTINGS_FILE], { cwd: directory.here, stdio: 'ignore' });
  child.once('exit', (code, name) => {
    const ending = name === null ? `exit code ${code ?? 'unknown'}` : `it was ended by ${name}`;
    end ??= { server: undefined, ending, killed: name !== null };
  });
  child.once('error', (error) => {
    end ??= { server: undefined, ending: errorText(error), killed: false };
  });
  const patience = new Patience(directory);
  for (;;) {
    const answer = await lookForServer(directory);
    if (typeof answer === 'object') return { server: answer };
    if (end !== undefined) return end;
    await patience.wait(answer, signal);
  }
}

type Answer = RunningServer | 'loading' | 'silent' | 'absent';

async function lookForServer(directory: DataDirectory): Promise<Answer> {
  const path = socketPath(directory);
  const reply = await askRedis(path, 'PING', REPLY_LIMIT_MS);
  if (reply.kind === 'unreachable') return 'absent';
  if (reply.kind !== 'reply') return 'silent';
  if (reply.line.startsWith('-LOADING')) return 'loading';
  return (await watchServer(path)) ?? 'absent';
}

/** An idle connection ends with the server, also when the server is not our child. */
async function watchServer(path: string): Promise<RunningServer | undefined> {
  const connecting = await connectSocket(path);
  if (connecting.kind !== 'connected') return undefined;
  const { socket } = connecting;
  socket.resume();
  return { gone: new Promise((resolve) => socket.once('close', () => resolve())) };
}

/** Pauses between looks, for as long as the server gives signs of life. */
class Patience {
  readonly #directory: DataDirectory;
  readonly #startedAt = performance.now();
  #lastSignAt = this.#startedAt;

  constructor(directory: DataDirectory) {
    this.#directory = directory;
  }

  async wait(answer: 'loading' | 'silent' | 'absent', signal: AbortSignal): Promise<void> {
    const now = performance.now();
    if (answer === 'loading') this.#lastSignAt = now;
    if (now - this.#lastSignAt > SILENCE_LIMIT_MS) {
      throw new CommandError(
        EXIT.unavailable,
        `The embedded Redis in ${this.#directory.redisDir} does not answer. See server.log there, end it, or set REDIS_URL.`,
      );
    }
    await wait(now - this.#startedAt < 1_000 ? POLL_MS : POLL_SLOW_MS, signal);
  }
}

function unreachable(directory: DataDirectory, pids: readonly number[]): CommandError {
  return new CommandError(
    EXIT.unavailable,
    `Another redis-server (process ${pids.join(', ')}) works in ${directory.redisDir} and cannot be reached. End it, or set REDIS_URL.`,
  );
}

/** Ends servers that cannot be reached, at first politely; false when one does not end. */
async function endServers(
  directory: DataDirectory,
  pids: readonly number[],
  signal: AbortSignal,
): Promise<boolean> {
  for (const name of ['SIGTERM', 'SIGKILL'] as const) {
    for (const pid of pids) endProcess(pid, name);
    if (await untilNoneLives(directory, signal)) return true;
  }
  return false;
}

function endProcess(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself, or is not ours to end: the search that follows tells.
  }
}

async function untilNoneLives(directory: DataDirectory, signal: AbortSignal): Promise<boolean> {
  const started = performance.now();
  while ((await findServers(directory.here)).length > 0) {
    if (performance.now() - started > END_LIMIT_MS) return false;
    await wait(END_POLL_MS, signal);
  }
  return true;
}

function socketPath(directory: DataDirectory): string {
  return join(directory.here, SERVER_SOCKET);
}

type Reply =
  | { readonly kind: 'reply'; readonly line: string }
  /** The server closed the connection instead of replying, as it does on SHUTDOWN. */
  | { readonly kind: 'closed' }
  /** No process listens there. */
  | { readonly kind: 'unreachable' }
  /** A process listens and did not reply in time. */
  | { readonly kind: 'silent' };

/**
 * Sends one command and reads the first line of the reply. A whole client would cost the daemon a
 * fifth of a second at start.
 */
async function askRedis(path: string, command: string, limitMs: number): Promise<Reply> {
  const connecting = await connectSocket(path);
  if (connecting.kind === 'busy') return { kind: 'silent' };
  if (connecting.kind !== 'connected') return { kind: 'unreachable' };
  const { socket } = connecting;
  socket.write(`${command}\r\n`);
  try {
    return await firstReply(socket, limitMs);
  } finally {
    socket.destroy();
  }
}

function firstReply(socket: Socket, limitMs: number): Promise<Reply> {
  return new Promise((resolve) => {
    let text = '';
    const timer = setTimeout(() => resolve({ kind: 'silent' }), limitMs);
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\r\n');
      if (end < 0 && text.length < REPLY_LENGTH_MAX) return;
      clearTimeout(timer);
      resolve({ kind: 'reply', line: end < 0 ? text : text.slice(0, end) });
    });
    socket.once('close', () => {
      clearTimeout(timer);
      resolve({ kind: 'closed' });
    });
  });
}
