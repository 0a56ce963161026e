/**
 * Where one embedded Redis lives: its data under the data directory, its sockets in a short private
 * directory that only this user can enter.
 *
 * Every command must find the same sockets for the same data, or two servers would write one
 * append-only file. So their place depends on the data directory alone: not on TMPDIR or
 * XDG_RUNTIME_DIR, which differ between a terminal, cron and a service of the same user. It is under
 * `/tmp` because a socket's path may hold only about 100 bytes, and data paths are longer.
 */

import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import {
  access,
  chmod,
  copyFile,
  link,
  lstat,
  mkdir,
  readFile,
  realpath,
  rm,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureDirectory } from '../base/directory.js';
import { CommandError, errorCode, errorText, EXIT } from '../base/errors.js';

/** The absolute paths of one embedded Redis. */
export interface DataDirectory {
  /** The data directory itself, symbolic links resolved. */
  readonly path: string;
  /** The append-only file, logs and configuration; the server's working directory. */
  readonly redisDir: string;
  /** The control sockets and the server's socket. */
  readonly runtimeDir: string;
  /** The server's socket. */
  readonly socketPath: string;
}

/**
 * Creates what is missing and returns the paths; the same ones for every command on this data
 * directory. A directory that was deleted and made again is another one, so that nobody meets the
 * server that still writes to the deleted files.
 * @throws CommandError 73 when the data directory cannot be written, 69 when no private directory
 * for sockets can be had.
 */
export async function prepareDataDirectory(dataDir: string): Promise<DataDirectory> {
  const place = await writable(dataDir);
  const name = createHash('sha256').update(`${place.path}\n${place.id}`).digest('hex').slice(0, 10);
  const runtimeDir = join(await privateBase(), name);
  await makeRuntimeDir(runtimeDir);
  const { path, redisDir } = place;
  return { path, redisDir, runtimeDir, socketPath: join(runtimeDir, 'redis.sock') };
}

async function writable(dataDir: string): Promise<{ path: string; redisDir: string; id: string }> {
  try {
    await ensureDirectory(dataDir);
    const path = await realpath(dataDir);
    const redisDir = join(path, 'redis');
    await mkdir(redisDir, { recursive: true, mode: 0o700 });
    await access(redisDir, constants.R_OK | constants.W_OK | constants.X_OK);
    return { path, redisDir, id: await identity(redisDir) };
  } catch (cause) {
    throw new CommandError(
      EXIT.cannotWrite,
      `Cannot write to the data directory ${dataDir}: ${errorText(cause)}. Choose another with --data, or set REDIS_URL.`,
      { cause },
    );
  }
}

/** The random name a data directory got when it was first used; whoever comes first sets it. */
async function identity(redisDir: string): Promise<string> {
  const path = join(redisDir, 'id');
  const known = await readFile(path, 'utf8').catch(() => '');
  if (known !== '') return known;
  const draft = join(redisDir, `id.${randomBytes(6).toString('hex')}`);
  await writeFile(draft, randomBytes(8).toString('hex'), { flag: 'wx', flush: true });
  try {
    await publishOnce(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
  return readFile(path, 'utf8');
}

/** Gives `draft` its final name unless another was faster; the content appears whole. */
async function publishOnce(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return;
    // A file system without hard links, such as exFAT.
    await copyFile(draft, path, constants.COPYFILE_EXCL).catch((again: unknown) => {
      if (errorCode(again) !== 'EEXIST') throw again;
    });
  }
}

async function privateBase(): Promise<string> {
  const uid = process.getuid?.() ?? 0;
  const parent = await access('/tmp', constants.W_OK).then(
    () => '/tmp',
    () => tmpdir(),
  );
  const base = join(parent, `comic-queue-${uid}`);
  await mkdir(base, { recursive: true, mode: 0o700 });
  const facts = await lstat(base);
  if (!facts.isDirectory() || facts.uid !== uid) {
    throw new CommandError(
      EXIT.unavailable,
      `Cannot keep the embedded Redis private: ${base} belongs to somebody else. Remove it, or set REDIS_URL.`,
    );
  }
  if ((facts.mode & 0o077) !== 0) await chmod(base, 0o700);
  return base;
}

/** More daemons in a row do not leave between two steps of one `mkdir`. */
const TRIES_MAX = 10;

/**
 * Makes the directory unless it is there. Node's recursive `mkdir` finds it, then looks at what it
 * found, and fails when a daemon has removed it in between: then it is made again.
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
