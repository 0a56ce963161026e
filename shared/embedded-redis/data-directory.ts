/** The directory of one embedded Redis: data, logs, lock and sockets, in `redis/` of the data directory. */

import { constants } from 'node:fs';
import { access, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { ensureDirectory } from '../base/directory.js';
import { CommandError, errorCode, errorText, EXIT } from '../base/errors.js';
import { shortDirectory } from '../base/unix-socket.js';

/** Of the server, in the directory; this is also the name that its settings give it. */
export const SERVER_SOCKET = 'redis.sock';

/** What a data directory of ours has: the settings of its Redis, or the id of its results. */
const SIGNS = ['redis/redis.conf', '.store-id'];

export interface DataDirectory {
  /** The data directory, symbolic links resolved. */
  readonly path: string;
  /** `redis/` in it, as messages name it. */
  readonly redisDir: string;
  /** The same as this process reaches it: short enough for the sockets in it. */
  readonly here: string;
}

/**
 * Creates what is missing.
 * @throws CommandError 73 when the data directory cannot be written, or belongs to another user and
 * this one is root: what root leaves there, the other user cannot open.
 */
export async function openDataDirectory(dataDir: string): Promise<DataDirectory> {
  try {
    await ensureDirectory(dataDir);
    const path = await realpath(dataDir);
    const redisDir = join(path, 'redis');
    await refuseRoot(path, redisDir);
    await ensureDirectory(redisDir, 0o700);
    await access(redisDir, constants.R_OK | constants.W_OK | constants.X_OK);
    return { path, redisDir, here: shortDirectory(redisDir) };
  } catch (cause) {
    if (cause instanceof CommandError) throw cause;
    throw cannotWrite(dataDir, cause);
  }
}

/** That the data directory cannot be written, and what to do. */
export function cannotWrite(dataDir: string, cause: unknown): CommandError {
  return new CommandError(
    EXIT.cannotWrite,
    `Cannot write to the data directory ${dataDir}: ${errorText(cause)}. Choose another with --data, or set REDIS_URL.`,
    { cause },
  );
}

/** Whether a data directory has a Redis: where it has none, nothing was ever queued. What cannot be told counts as one. */
export async function hasEmbeddedRedis(dataDir: string): Promise<boolean> {
  return stat(join(dataDir, 'redis')).then(
    () => true,
    (error: unknown) => errorCode(error) !== 'ENOENT',
  );
}

/** What is there of the two decides: a command makes `redis/` in a data directory that has only results. */
async function refuseRoot(path: string, redisDir: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid } = await stat(redisDir).catch(() => stat(path));
  if (uid === 0) return;
  throw new CommandError(
    EXIT.cannotWrite,
    `Cannot use the data directory ${path} as root: it belongs to ${await userName(uid)}, who could not open what root writes there. Run this command as that user (without sudo; in a container with --user ${uid}), choose another with --data, or set REDIS_URL.`,
  );
}

async function userName(uid: number): Promise<string> {
  const users = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const user = users.split('\n').find((line) => line.split(':')[2] === String(uid));
  return user?.split(':')[0] ?? `user ${uid}`;
}

/**
 * The nearest directory of a name, above another, that is a data directory of this user; undefined where the
 * directory has one itself, or none above does. Another user's is passed over: who may write to `/tmp`
 * must not decide where our queues and results are.
 */
export async function findDataDirectory(
  directory: string,
  name: string,
): Promise<string | undefined> {
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
