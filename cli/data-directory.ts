/** The data directory of a project is found from the directories below it. */

import { access, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { SETTINGS } from './settings.js';

/** What a data directory of ours has: the settings of its Redis, or the id of its results. */
const SIGNS = ['redis/redis.conf', '.store-id'];

/**
 * The nearest `data` above a directory that is a data directory of this user; undefined where the
 * directory has one itself, or none above does. Another user's is passed over: who may write to `/tmp`
 * must not decide where our queues and results are.
 */
export async function findDataDirectory(directory: string): Promise<string | undefined> {
  const name = basename(SETTINGS.dataDir.fallback);
  if (await isThere(join(directory, name))) return undefined;
  for (let place = resolve(directory); place !== dirname(place);) {
    place = dirname(place);
    const candidate = join(place, name);
    if (await isOurs(candidate)) return relative(directory, candidate);
  }
  return undefined;
}

async function isOurs(directory: string): Promise<boolean> {
  const uid = await stat(directory).then(
    (stats) => stats.uid,
    () => undefined,
  );
  if (uid === undefined || uid !== (process.getuid?.() ?? uid)) return false;
  const found = await Promise.all(SIGNS.map((sign) => isThere(join(directory, sign))));
  return found.includes(true);
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
