/** Making the directory of the sockets, which keepers that leave remove. */

import { mkdir } from 'node:fs/promises';
import { errorCode } from '../../shared/base/errors.js';

/** More keepers in a row do not leave between two steps of one `mkdir`. */
const TRIES_MAX = 10;

/**
 * Makes the directory unless it is there. Node's recursive `mkdir` finds it, then looks at what it
 * found, and fails when a keeper has removed it in between: then it is made again.
 */
export async function makeRuntimeDir(path: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await mkdir(path, { recursive: true, mode: 0o700 });
      return;
    } catch (error) {
      if (errorCode(error) !== 'ENOENT' || tries === TRIES_MAX) throw error;
    }
  }
}
