/** What a redis-server has in its directory: settings, log, append-only file, and itself at work. */

import { execFile } from 'node:child_process';
import { readdir, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CommandError, EXIT } from '../base/errors.js';
import type { ServerBinary } from './binary.js';
import { type DataDirectory, SERVER_SOCKET } from './data-directory.js';

/** The file in the server's working directory. */
export const SETTINGS_FILE = 'redis.conf';
const LOG_FILE = 'server.log';
const LOG_BYTES_MAX = 1024 * 1024;
const AOF_DIRECTORY = 'appendonlydir';
const AOF_MANIFEST = 'appendonly.aof.manifest';
/** Matches the server, and a daemon's child that is just about to become one. */
const SERVER_COMMAND = /redis|valkey/i;

/**
 * The text of the configuration file. All paths are relative to the working directory: no name of a
 * data directory needs quoting, and none is too long for a socket.
 */
export function serverSettings(binary: ServerBinary): string {
  // Up to 512 bytes a field, hashes stay compact: a job takes 420 bytes instead of 770 (measured).
  const compactHash = binary.major >= 7 ? 'hash-max-listpack-value' : 'hash-max-ziplist-value';
  return [
    '# Written by comic-queue at each start of the server.',
    'port 0',
    `unixsocket ${SERVER_SOCKET}`,
    'unixsocketperm 700',
    'daemonize no',
    'supervised no',
    `logfile ${LOG_FILE}`,
    'appendonly yes',
    'appendfsync everysec',
    'save ""',
    'maxmemory-policy noeviction',
    `${compactHash} 512`,
    '',
  ].join('\n');
}

/**
 * Refuses data that the server would pass over: it starts empty where the manifest is missing (Redis 7)
 * or where it is too old to look for one.
 * @throws CommandError 69 that says what is missing.
 */
export async function requireManifest(
  { here, redisDir }: DataDirectory,
  binary: ServerBinary,
): Promise<void> {
  const names = await namesIn(join(here, AOF_DIRECTORY));
  const sizes = await Promise.all(names.map((name) => bytesOf(join(here, AOF_DIRECTORY, name))));
  const data = names.filter((name, index) => !isFromFirstStart(name, sizes[index] ?? 0));
  const whole = names.includes(AOF_MANIFEST);
  if (data.length === 0 || (whole && binary.major >= 7)) return;
  const place = join(redisDir, AOF_DIRECTORY);
  const fact = whole
    ? `${place} was written by Redis 7 or newer, and ${binary.path} is older`
    : `${place} holds jobs (${data[0]}) but no ${AOF_MANIFEST}`;
  throw new CommandError(
    EXIT.unavailable,
    `Cannot start the embedded Redis in ${redisDir}: ${fact}. Put it back, or move ${place} away to start with an empty queue.`,
  );
}

/**
 * Whether the file is one that a server leaves that was killed at its very first start, before it wrote
 * the manifest: an empty database, an empty list of changes, or a draft.
 */
function isFromFirstStart(name: string, bytes: number): boolean {
  if (name.startsWith('temp')) return true;
  if (/^appendonly\.aof\.1\.base\.(rdb|aof)$/.test(name)) return true;
  return name === 'appendonly.aof.1.incr.aof' && bytes === 0;
}

/** Rotates the log when it has grown: the server opens it again for each line. */
export async function rotateLog({ here }: DataDirectory): Promise<void> {
  const path = join(here, LOG_FILE);
  if ((await bytesOf(path)) > LOG_BYTES_MAX) await rename(path, `${path}.1`);
}

/** How long the log is now. */
export async function logBytes({ here }: DataDirectory): Promise<number> {
  return bytesOf(join(here, LOG_FILE));
}

/** The last sentence that was written after the log had `fromBytes`; empty when there is none. */
export async function lastWords({ here }: DataDirectory, fromBytes: number): Promise<string> {
  const log = await readFile(join(here, LOG_FILE)).catch(() => Buffer.alloc(0));
  const line = log.subarray(fromBytes).toString('utf8').trim().split('\n').at(-1) ?? '';
  // The process id, role and time before the sentence are noise here.
  return line.replace(/^\d+:\w .*?\d{3} [.\-*#] /, '').replace(/\.$/, '');
}

/**
 * The process ids of the servers that work in a directory, by whatever path they came there, and
 * whether or not they have a socket or the daemon that started them: a second server on an append-only
 * file starts without complaint and loses data (measured).
 */
export async function findServers(path: string): Promise<number[]> {
  if (process.platform !== 'linux') return listServers(path);
  const directory = await stat(path).catch(() => undefined);
  if (directory === undefined) return [];
  const names = await readdir('/proc');
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      // Not ours to look at, or gone: then it is not our server.
      const place = await stat(`/proc/${pid}/cwd`).catch(() => undefined);
      if (place?.ino !== directory.ino || place.dev !== directory.dev) return false;
      return SERVER_COMMAND.test(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''));
    }),
  );
  return pids.filter((_, index) => found[index]);
}

/** The same where there is no `/proc`, as on macOS. */
async function listServers(path: string): Promise<number[]> {
  const args = ['-t', '-a', '-d', 'cwd', '-c', String(SERVER_COMMAND), '--', path];
  const { stdout } = await promisify(execFile)('lsof', args).catch(() => ({ stdout: '' }));
  return stdout.split('\n').filter(Boolean).map(Number);
}

async function namesIn(path: string): Promise<string[]> {
  return readdir(path).catch(() => []);
}

async function bytesOf(path: string): Promise<number> {
  const facts = await stat(path).catch(() => undefined);
  return facts?.size ?? 0;
}
