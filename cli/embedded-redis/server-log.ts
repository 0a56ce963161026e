/** The server's log: bounded, and the source of the reason when it cannot start. */

import { readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataDirectory } from './data-directory.js';
import { SERVER_LOG_FILE } from './server-settings.js';

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
