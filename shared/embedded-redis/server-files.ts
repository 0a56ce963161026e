/** How the embedded redis-server runs: its configuration file. */

import { execFile } from 'node:child_process';
import { readdir, readFile, readlink, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ServerBinary } from './binary.js';
import type { DataDirectory } from './data-directory.js';

/** The file in the server's working directory. */
export const SETTINGS_FILE = 'redis.conf';
/** The server's log; the daemon turns it over when it has grown. */
const SERVER_LOG_FILE = 'server.log';

/**
 * The text of the configuration file. All paths but the socket's are relative to the working
 * directory, so that no name of a data directory needs quoting.
 */
export function serverSettings(binary: ServerBinary, socketPath: string): string {
  // Up to 512 bytes a field, hashes stay compact: a job takes 420 bytes instead of 770 (measured).
  const compactHash = binary.major >= 7 ? 'hash-max-listpack-value' : 'hash-max-ziplist-value';
  return [
    '# Written anew at each start by comic-queue.',
    'port 0',
    `unixsocket ${socketPath}`,
    'unixsocketperm 700',
    'daemonize no',
    'supervised no',
    `pidfile ${PID_FILE}`,
    `logfile ${SERVER_LOG_FILE}`,
    'appendonly yes',
    'appendfsync everysec',
    'save ""',
    'maxmemory-policy noeviction',
    `${compactHash} 512`,
    '',
  ].join('\n');
}

const LOG_BYTES_MAX = 1024 * 1024;

/** Turns the log over when it has grown: the server opens it anew for each line. */
export async function turnOverLog(directory: DataDirectory): Promise<void> {
  const path = logPath(directory);
  if ((await logBytes(directory)) > LOG_BYTES_MAX) await rename(path, `${path}.1`);
}

/** How long the log is now. */
export async function logBytes(directory: DataDirectory): Promise<number> {
  const facts = await stat(logPath(directory)).catch(() => undefined);
  return facts?.size ?? 0;
}

/** The last sentence that was written after the log had `fromBytes`; empty when there is none. */
export async function lastWords(directory: DataDirectory, fromBytes: number): Promise<string> {
  const log = await readFile(logPath(directory)).catch(() => Buffer.alloc(0));
  const line = log.subarray(fromBytes).toString('utf8').trim().split('\n').at(-1) ?? '';
  // The process id, role and time before the sentence are noise here.
  return line.replace(/^\d+:\w .*?\d{3} [.\-*#] /, '').replace(/\.$/, '');
}

function logPath(directory: DataDirectory): string {
  return join(directory.redisDir, SERVER_LOG_FILE);
}

/*
 * Finds living redis-servers that work in a directory, whatever became of their socket or of the
 * daemon that started them. A daemon looks here before it starts one: a second server on an
 * append-only file starts without complaint and loses data (measured).
 */

/** The server writes its process id here; read where there is no `/proc`. */
const PID_FILE = 'server.pid';

/** Matches the server, and a daemon's child that is just about to become one. */
const SERVER_COMMAND = /redis|valkey/i;

/** The process ids of the servers whose working directory is `redisDir`. */
export async function findServers(redisDir: string): Promise<number[]> {
  if (process.platform !== 'linux') return findByPidFile(redisDir);
  const names = await readdir('/proc');
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map((pid) => worksIn(pid, redisDir)));
  return pids.filter((_, index) => found[index]);
}

async function worksIn(pid: number, redisDir: string): Promise<boolean> {
  // Not ours to look at, or gone: then it is not our server.
  const directory = await readlink(`/proc/${pid}/cwd`).catch(() => '');
  if (directory !== redisDir) return false;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return SERVER_COMMAND.test(command);
}

async function findByPidFile(redisDir: string): Promise<number[]> {
  const text = await readFile(join(redisDir, PID_FILE), 'utf8').catch(() => '');
  const pid = Number(text.trim());
  if (!Number.isInteger(pid) || pid <= 1) return [];
  const listing = await promisify(execFile)('ps', ['-p', String(pid), '-o', 'command=']).catch(
    () => ({
      stdout: '',
    }),
  );
  return SERVER_COMMAND.test(listing.stdout) ? [pid] : [];
}
