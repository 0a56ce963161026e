/**
 * Finds living redis-servers that work in a directory, whatever became of their socket or of the
 * keeper that started them. A keeper looks here before it starts one: a second server on an
 * append-only file starts without complaint and loses data (measured).
 */

import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The server writes its process id here; read where there is no `/proc`. */
export const PID_FILE = 'server.pid';

/** Matches the server, and a keeper's child that is just about to become one. */
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
