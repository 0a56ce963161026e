/** Spawned commands that use the embedded Redis, and what a test wants to know of the machine. */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { shortSocketPath } from '../../../shared/base/unix-socket.js';
import { findServers } from '../../../shared/embedded-redis/server-files.js';
import { until } from '../../support/condition.js';
import { PROJECT_ROOT } from '../../support/project-root.js';

const MODULE = 'dist/shared/embedded-redis/embedded-redis.js';

/**
 * A command as far as the embedded Redis goes: opens it, says so, stays until stdin ends. Its arguments
 * are the project's root and the data directory.
 */
const COMMAND = `
  const [, root, dataDir] = process.argv;
  const { openEmbeddedRedis } = await import('file://' + root + '/${MODULE}');
  try {
    const redis = await openEmbeddedRedis({
      dataDir,
      announce: (line) => process.stderr.write(line + '\\n'),
      signal: AbortSignal.timeout(25_000),
    });
    process.stdout.write(redis.url + '\\n');
    process.stdin.once('end', () => void redis.close()).resume();
  } catch (error) {
    process.stderr.write(error.message + '\\n');
    process.exitCode = error.exitCode ?? 1;
  }
`;

/** How long servers stay after the last command of a test. */
const IDLE_MS = 150;

export interface EmbeddedCommand {
  readonly socketPath: string;
  readonly pid: number;
  /** What it has written to stderr so far. */
  stderr(): string;
  /** Ends it in good order. */
  end(): Promise<void>;
  /** Ends it with kill -9. */
  kill(): Promise<void>;
}

export interface CommandEnding {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** In a process group of its own, as a shell starts a command on a terminal. */
  readonly detached?: boolean;
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
  /** A program with arguments that runs the command, such as one that enters a namespace. */
  readonly within?: readonly string[];
  /** The project's root, where the command sees it elsewhere. */
  readonly root?: string;
}

/** Starts a command and resolves when it has its Redis. */
export async function startCommand(
  dataDir: string,
  options: CommandOptions = {},
): Promise<EmbeddedCommand> {
  const child = spawnCommand(dataDir, options);
  const stderr = collect(child, 'stderr');
  const exited = once(child, 'exit');
  const url = await Promise.race([
    once(child.stdout ?? child, 'data').then(([chunk]: unknown[]) => String(chunk).trim()),
    exited.then(() => {
      throw new Error(`The command ended: ${stderr()}`);
    }),
  ]);
  return {
    socketPath: fileURLToPath(url.replace('unix:', 'file:')),
    pid: child.pid ?? 0,
    stderr,
    end: async () => {
      child.stdin?.end();
      await exited;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Runs a command that is not expected to stay. */
export async function runCommand(
  dataDir: string,
  options: CommandOptions = {},
): Promise<CommandEnding> {
  const child = spawnCommand(dataDir, options);
  const stdout = collect(child, 'stdout');
  const stderr = collect(child, 'stderr');
  child.stdin?.end();
  await once(child, 'close');
  return { exitCode: child.exitCode, stdout: stdout(), stderr: stderr() };
}

/** A fresh data directory's path; the directory does not exist yet. */
export async function makeDataDir(): Promise<string> {
  return join(await realpath(await mkdtemp(join(tmpdir(), 'embedded-'))), 'data');
}

/** Waits until nothing of the data directory runs, then removes it. */
export async function removeDataDir(dataDir: string): Promise<void> {
  await until('everything has ended', async () => (await daemons(dataDir)).length === 0);
  await rm(join(dataDir, '..'), { recursive: true, force: true });
}

/** The process ids of the redis-servers of a data directory. */
export async function servers(dataDir: string): Promise<number[]> {
  return findServers(join(dataDir, 'redis'));
}

/** The process ids of the daemons of a data directory. */
export async function daemons(dataDir: string): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-ww', '-o', 'pid=,args='], {
    maxBuffer: 16 * 1024 * 1024,
  });
  const lines = stdout.split('\n').filter((line) => line.endsWith(`daemon-main.js ${dataDir}`));
  return lines.map((line) => Number.parseInt(line, 10));
}

/** The file name of the control socket of the daemon that has the lock, alive or dead. */
export async function controlSocket(dataDir: string): Promise<string> {
  const names = await readdir(join(dataDir, 'redis', 'lock'));
  const [name, ...others] = names.filter((entry) => entry.endsWith('.sock'));
  if (name === undefined || others.length > 0) throw new Error(`Not one: ${names.join(' ')}`);
  return name;
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The one number of a list that must have one. */
export function only(pids: readonly number[]): number {
  const [pid] = pids;
  if (pid === undefined || pids.length !== 1) throw new Error(`Not one process: ${pids.join(' ')}`);
  return pid;
}

/** Talks to a Redis for the time of one callback. */
export async function withRedis<T>(
  socketPath: string,
  use: (redis: Redis) => Promise<T>,
): Promise<T> {
  const redis = new Redis(shortSocketPath(socketPath));
  redis.on('error', () => undefined);
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

function spawnCommand(
  dataDir: string,
  { env = {}, within = [], root = PROJECT_ROOT, ...options }: CommandOptions,
): ChildProcess {
  const command = [process.execPath, '--input-type=module', '-e', COMMAND, root, dataDir];
  const [program = '', ...args] = [...within, ...command];
  return spawn(program, args, {
    env: { ...process.env, COMIC_QUEUE_EMBEDDED_IDLE_MS: String(IDLE_MS), ...env },
    ...options,
  });
}

function collect(child: ChildProcess, name: 'stdout' | 'stderr'): () => string {
  let text = '';
  child[name]?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  return () => text;
}
