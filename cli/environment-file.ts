/** `.env` in the working directory: settings of a project that nobody wants to type. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { CommandError, errorCode, errorText, EXIT } from '../shared/base/errors.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads `.env` of a directory; without one nothing is set.
 *
 * @throws CommandError (bad configuration) when there is one that cannot be read.
 */
export async function readEnvironmentFile(directory: string): Promise<Environment> {
  const path = join(directory, '.env');
  try {
    return parseEnv(await readFile(path, 'utf8'));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return {};
    throw new CommandError(EXIT.badConfig, `Cannot read ${path}: ${errorText(error)}`, {
      cause: error,
    });
  }
}
