/** Temporary files in a results directory: those that killed workers left, and the probe of a write. */

import { randomBytes } from 'node:crypto';
import { lstat, opendir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureDirectory } from '../base/directory.js';
import { isFolderName } from './result-key.js';
import {
  directoryFailure,
  flushDirectory,
  publish,
  removeQuietly,
  systemCode,
  writeWhole,
} from './whole-file.js';

/** Files being written begin with a dot and end with this. */
export const TEMPORARY_SUFFIX = '.tmp';

/** Longer than any fetch, and than the clocks of two machines differ unnoticed. */
const ABANDONED_AFTER_MS = 6 * 60 * 60 * 1_000;

/** Larger than most results, so that a disk with space left for a name only counts as full. */
const PROBE_BYTES = 64 * 1024;

/**
 * Removes the temporary files of workers that were killed long ago; resolves with their number.
 * Streams through the folders, however large, and returns early when the signal aborts. Skips files
 * that are gone by then or cannot be removed.
 */
export async function removeAbandoned(
  root: string,
  nowMs: number,
  signal: AbortSignal,
): Promise<number> {
  let count = 0;
  for await (const path of temporariesIn(root, signal)) {
    if (await removeIfOld(path, nowMs)) count += 1;
  }
  return count;
}

async function removeIfOld(path: string, nowMs: number): Promise<boolean> {
  try {
    const { mtimeMs } = await lstat(path);
    if (nowMs - mtimeMs < ABANDONED_AFTER_MS) return false;
    await unlink(path);
    return true;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return false;
  }
}

/** Lists temporary files, in use or abandoned. Returns early when the signal aborts. */
export async function* temporariesIn(root: string, signal: AbortSignal): AsyncGenerator<string> {
  for await (const { name: folder, isDirectory } of entriesOf(root, signal)) {
    if (!isDirectory || !isFolderName(folder)) continue;
    for await (const { name } of entriesOf(join(root, folder), signal)) {
      const isTemporary = name.startsWith('.') && name.endsWith(TEMPORARY_SUFFIX);
      if (isTemporary) yield join(root, folder, name);
    }
  }
}

async function* entriesOf(
  directory: string,
  signal: AbortSignal,
): AsyncGenerator<{ readonly name: string; readonly isDirectory: boolean }> {
  try {
    for await (const entry of await opendir(directory, { bufferSize: 512 })) {
      if (signal.aborted) return;
      yield { name: entry.name, isDirectory: entry.isDirectory() };
    }
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
  }
}

/**
 * Makes the directory, and does in it what storing a result does: writes a file, flushes it, renames
 * it, and flushes the directory. Throws a `StoreUnavailableError` when any of that fails.
 */
export async function probeDirectory(directory: string): Promise<void> {
  const name = `.probe-${randomBytes(6).toString('hex')}`;
  const path = join(directory, `${name}.0${TEMPORARY_SUFFIX}`);
  const renamed = join(directory, `${name}.1${TEMPORARY_SUFFIX}`);
  try {
    await ensureDirectory(directory);
    await writeWhole(path, Buffer.alloc(PROBE_BYTES), 'full');
    publish(path, renamed);
    removeQuietly(renamed);
    await flushDirectory(directory);
  } catch (error) {
    throw directoryFailure(error, directory);
  }
}
