/** A directory of its own for each comparison: its results mix with no others. */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, errorText, EXIT } from '../../shared/base/errors.js';
import { runName } from '../../shared/queues/job.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { KEYS } from '../../shared/redis/keys.js';

/** A data directory may hold comparisons of a Redis that is gone: this many of one name. */
const SAME_NAME_MAX = 1000;

/**
 * Makes `<data>/compare/run-7`, named after the run to come, which will be the comparison's first;
 * or `run-7.2` where there is one of that name.
 *
 * @throws CommandError (cannot write) when it cannot be made.
 */
export async function makeComparisonDirectory(
  connection: RedisConnection,
  dataDir: string,
): Promise<string> {
  const parent = join(dataDir, 'compare');
  const name = runName(Number((await connection.get(KEYS.runCounter)) ?? 0) + 1);
  try {
    await mkdir(parent, { recursive: true });
    return await firstFree(parent, name);
  } catch (error) {
    throw new CommandError(
      EXIT.cannotWrite,
      `Cannot make a directory for the comparison in ${parent}: ${errorText(error)}. Make room, or give another with --data`,
      { cause: error },
    );
  }
}

async function firstFree(parent: string, name: string): Promise<string> {
  for (let count = 1; count < SAME_NAME_MAX; count += 1) {
    const directory = join(parent, count === 1 ? name : `${name}.${count}`);
    if (await made(directory)) return directory;
  }
  throw new Error(`there are ${SAME_NAME_MAX} of the name ${name}`);
}

/** Whether the directory was made: not when it is there already. */
async function made(directory: string): Promise<boolean> {
  try {
    await mkdir(directory);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}
