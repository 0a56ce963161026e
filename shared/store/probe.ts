/** Whether results could be written now. */

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ensureDirectory } from '../base/directory.js';
import { storeFailure } from './store-failure.js';
import { TEMPORARY_SUFFIX } from './temporary-files.js';
import { removeQuietly, writeWhole } from './whole-file.js';

/** More than most results, so that a disk with room for a name only counts as full. */
const PROBE_BYTES = 64 * 1024;

/**
 * Makes the directory, writes and flushes a file in it, and removes that. Throws a
 * `StoreUnavailableError` when the system refuses any of it.
 */
export async function probeDirectory(directory: string): Promise<void> {
  const name = `.probe-${randomBytes(6).toString('hex')}${TEMPORARY_SUFFIX}`;
  const path = join(directory, name);
  try {
    await ensureDirectory(directory);
    await writeWhole(path, Buffer.alloc(PROBE_BYTES), 'full');
    removeQuietly(path);
  } catch (error) {
    throw storeFailure(error, directory);
  }
}
