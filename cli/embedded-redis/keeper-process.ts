/** Starting a keeper: detached, so that neither Ctrl-C nor the end of the terminal reaches it. */

import { spawn } from 'node:child_process';
import { type FileHandle, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandError, EXIT } from '../../shared/base/errors.js';
import { wait } from '../../shared/base/wait.js';
import type { DataDirectory } from './data-directory.js';
import { boundGenerations } from './generation.js';

const KEEPER = fileURLToPath(new URL('./keeper-main.js', import.meta.url));
const LOG_FILE = 'keeper.log';
const LOG_BYTES_MAX = 256 * 1024;
/** From starting a process to its control socket; a loaded machine takes its time. */
const BIND_LIMIT_MS = 20_000;
const POLL_MS = 5;

/**
 * Starts a keeper for the generation and resolves when there is a keeper of it, this one or another,
 * or when it ended: the caller looks again.
 * @throws CommandError 69 when it ended with an error or never came up.
 */
export async function launchKeeper(
  directory: DataDirectory,
  generation: number,
  signal: AbortSignal,
): Promise<void> {
  const log = await openLog(directory);
  let ending: number | string | Error | undefined;
  try {
    const child = spawn(process.execPath, [KEEPER, directory.path, String(generation)], {
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
        `Cannot start the embedded Redis: its keeper did not come up (${await lastLine(directory)}). See ${join(directory.redisDir, LOG_FILE)}, or set REDIS_URL.`,
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
