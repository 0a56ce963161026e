/** Directories: created with their parents, and the one of our cache. */

import { mkdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { errorCode } from './errors.js';

/**
 * Creates a directory, with a mode of its own where one is given, and the parents it lacks; one that exists
 * is left as it is.
 *
 * Node's own `recursive` never returns where a file system refuses a name with ENOENT although the
 * parent exists, as below /proc (Node 20.20, measured): it retries for ever. And it reports a missing
 * directory where the file system is read-only.
 *
 * @throws the system's error, also when a file is in the way.
 */
export async function ensureDirectory(path: string, mode?: number): Promise<void> {
  try {
    await makeOne(path, mode);
  } catch (error) {
    const parent = dirname(path);
    if (errorCode(error) !== 'ENOENT' || parent === path) throw error;
    await ensureDirectory(parent);
    await makeOne(path, mode);
  }
}

async function makeOne(path: string, mode?: number): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    if (errorCode(error) !== 'EEXIST' || !(await stat(path)).isDirectory()) throw error;
  }
}

/**
 * Our own directory among the user's caches: what is in it can be removed at any time. Undefined for a
 * user without HOME and without an entry in the user database, as in a container with a uid of its own;
 * a shared directory will not do, as code is run from here.
 */
export function cacheDirectory(env: NodeJS.ProcessEnv): string | undefined {
  const base = env['XDG_CACHE_HOME'];
  if (base !== undefined && isAbsolute(base)) return join(base, 'comic-queue');
  try {
    return join(homedir(), '.cache', 'comic-queue');
  } catch {
    return undefined;
  }
}
