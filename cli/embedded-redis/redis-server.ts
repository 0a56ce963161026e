/** The redis-server of one data directory: adopted when one lives, started when none does. */

import { spawn } from 'node:child_process';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, errorText, EXIT } from '../../shared/base/errors.js';
import { wait } from '../../shared/base/wait.js';
import type { DataDirectory } from './data-directory.js';
import { askRedis } from './redis-question.js';
import type { ServerBinary } from './server-binary.js';
import { findServers } from './server-search.js';
import { SERVER_LOG_FILE, serverSettings, SETTINGS_FILE } from './server-settings.js';
import { connectSocket } from './unix-socket.js';

/** A server without a socket may be just starting or just ending; then it is told to end. */
const ORPHAN_GRACE_MS = 500;
/** Flushing the append-only file of a slow disk. */
const END_LIMIT_MS = 20_000;
/** While it loads its file a server says so, however long it takes; one that says nothing hangs. */
const SILENCE_LIMIT_MS = 30_000;
const REPLY_LIMIT_MS = 2_000;
const POLL_MS = 5;
const POLL_SLOW_MS = 100;
const SERVER_LOG_BYTES_MAX = 1024 * 1024;

/** A server that answers. */
export interface RunningServer {
  /** Resolves when its connections close: it ended, or was killed. */
  readonly gone: Promise<void>;
}

/** Finds the living server, or undefined when certainly none works in the directory. */
export async function adoptServer(
  directory: DataDirectory,
  signal: AbortSignal,
): Promise<RunningServer | undefined> {
  const graceEnd = performance.now() + ORPHAN_GRACE_MS;
  for (;;) {
    const reply = await askRedis(directory.socketPath, 'PING', REPLY_LIMIT_MS);
    if (reply.kind !== 'unreachable') return untilAnswering(directory, signal, () => undefined);
    const pids = await findServers(directory.redisDir);
    if (pids.length === 0) return undefined;
    if (performance.now() > graceEnd) {
      await endOrphans(directory, pids, signal);
      return undefined;
    }
    await wait(POLL_MS * 4, signal);
  }
}

/**
 * Starts a server and resolves when it answers. Call only when {@link adoptServer} found none.
 * @throws CommandError 69 with the last line of the server's log.
 */
export async function startServer(
  directory: DataDirectory,
  binary: ServerBinary,
  signal: AbortSignal,
): Promise<RunningServer> {
  await turnOverLog(directory);
  const settings = serverSettings(binary, directory.socketPath);
  await writeFile(join(directory.redisDir, SETTINGS_FILE), settings);
  let ending: string | undefined;
  // The working directory marks the process as the server of this directory from its first moment.
  const child = spawn(binary.path, [SETTINGS_FILE], { cwd: directory.redisDir, stdio: 'ignore' });
  child.once('exit', (code, name) => (ending ??= name ?? `exit code ${code ?? 'unknown'}`));
  child.once('error', (error) => (ending ??= errorText(error)));
  const server = await untilAnswering(directory, signal, () => ending);
  if (server !== undefined) return server;
  // A server that gives up while it starts leaves its socket behind.
  await rm(directory.socketPath, { force: true });
  throw new CommandError(
    EXIT.unavailable,
    `Cannot start the embedded Redis in ${directory.redisDir}: ${await lastWords(directory, ending)}. Correct that, choose another --data, or set REDIS_URL.`,
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
  // A writing command that changes nothing tells whether the last write to the disk failed.
  const write = await askRedis(directory.socketPath, 'DEL comic-queue:none', REPLY_LIMIT_MS);
  if (write.kind === 'reply' && write.line.startsWith('-MISCONF')) return write.line;
  const reply = await askRedis(directory.socketPath, 'SHUTDOWN', END_LIMIT_MS);
  if (reply.kind === 'reply') return reply.line;
  if (await untilNoneLives(directory, signal, END_LIMIT_MS)) return undefined;
  return `still there after ${END_LIMIT_MS / 1000} s`;
}

/** Ends whatever server lives in the directory at once, without letting it write. */
export async function killServers(directory: DataDirectory, signal: AbortSignal): Promise<void> {
  for (const pid of await findServers(directory.redisDir)) endProcess(pid, 'SIGKILL');
  await untilNoneLives(directory, signal, END_LIMIT_MS);
  await rm(directory.socketPath, { force: true });
}

/** Keeps the server's log bounded: the server opens it anew for each line. */
export async function turnOverLog(directory: DataDirectory): Promise<void> {
  const path = join(directory.redisDir, SERVER_LOG_FILE);
  const size = await stat(path).then(
    (facts) => facts.size,
    () => 0,
  );
  if (size > SERVER_LOG_BYTES_MAX) await rename(path, `${path}.1`);
}

/** Polls until the server replies, also while it loads; undefined when it ended instead. */
async function untilAnswering(
  directory: DataDirectory,
  signal: AbortSignal,
  ending: () => string | undefined,
): Promise<RunningServer | undefined> {
  const started = performance.now();
  let lastReplyAt = started;
  while (performance.now() - lastReplyAt < SILENCE_LIMIT_MS) {
    const reply = await askRedis(directory.socketPath, 'PING', REPLY_LIMIT_MS);
    if (reply.kind === 'reply') {
      lastReplyAt = performance.now();
      const server = reply.line.startsWith('-LOADING') ? undefined : await watchServer(directory);
      if (server !== undefined) return server;
    }
    if (ending() !== undefined) return undefined;
    const pause = performance.now() - started < 1_000 ? POLL_MS : POLL_SLOW_MS;
    await wait(pause, signal);
  }
  throw new CommandError(
    EXIT.unavailable,
    `The embedded Redis in ${directory.redisDir} does not answer. See ${SERVER_LOG_FILE} there, end it, or set REDIS_URL.`,
  );
}

/** An idle connection ends with the server, also when the server is not our child. */
async function watchServer(directory: DataDirectory): Promise<RunningServer | undefined> {
  const connecting = await connectSocket(directory.socketPath);
  if (connecting.kind !== 'connected') return undefined;
  const { socket } = connecting;
  socket.resume();
  return { gone: new Promise((resolve) => socket.once('close', () => resolve())) };
}

async function endOrphans(
  directory: DataDirectory,
  pids: readonly number[],
  signal: AbortSignal,
): Promise<void> {
  for (const name of ['SIGTERM', 'SIGKILL'] as const) {
    for (const pid of pids) endProcess(pid, name);
    if (await untilNoneLives(directory, signal, END_LIMIT_MS)) return;
  }
  throw new CommandError(
    EXIT.unavailable,
    `Another redis-server (process ${pids.join(', ')}) works in ${directory.redisDir} and cannot be reached. End it, or set REDIS_URL.`,
  );
}

function endProcess(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself, or is not ours to end: the search that follows tells.
  }
}

async function untilNoneLives(
  directory: DataDirectory,
  signal: AbortSignal,
  limitMs: number,
): Promise<boolean> {
  const started = performance.now();
  while ((await findServers(directory.redisDir)).length > 0) {
    if (performance.now() - started > limitMs) return false;
    await wait(POLL_MS * 2, signal);
  }
  return true;
}

async function lastWords(directory: DataDirectory, ending: string | undefined): Promise<string> {
  const log = await readFile(join(directory.redisDir, SERVER_LOG_FILE), 'utf8').catch(() => '');
  const line = log.trim().split('\n').at(-1) ?? '';
  // The process id, role and time before the sentence are noise here.
  const sentence = line.replace(/^\d+:\w .*?\d{3} [.\-*#] /, '');
  return sentence === '' ? (ending ?? 'no reason given') : sentence;
}
