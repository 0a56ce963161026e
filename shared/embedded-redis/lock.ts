/**
 * The lock of a data directory: `redis/lock/`, held by the daemon that runs the server.
 *
 * A daemon listens on a socket in a directory of its own, `lock.<id>/<id>.sock`, and renames that
 * directory to `lock`. The kernel puts it in the place of an empty directory and refuses to put it in
 * the place of a full one, so of any number of daemons exactly one succeeds. Because the socket listens
 * before it appears under `lock`, one that refuses a connection has lost its process for good: what it
 * left is removed, by names that occur only once and therefore never hit a newer holder, and the
 * directory is empty again.
 *
 * So only the kernel decides who is alive, by the socket's inode. Process ids, clocks, users, the path
 * by which the directory is reached (a bind mount, a container's volume) and `/tmp` have no part in it,
 * and a kill -9 at any point leaves nothing that stands in the next one's way.
 *
 * A socket of another machine on a shared file system refuses as well. The holder therefore writes
 * down its host, and a lock that is not of this one is left for a person to judge.
 */

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  access,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  rmdir,
  writeFile,
} from 'node:fs/promises';
import type { Server, Socket } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CommandError, errorCode, EXIT } from '../base/errors.js';
import { connectSocket } from '../base/unix-socket.js';
import { wait } from '../base/wait.js';
import type { DataDirectory } from './data-directory.js';

const LOCK = 'lock';
const SOCKET_SUFFIX = '.sock';
const HOST_SUFFIX = '.host';
/** Each try meets the remains of a dead holder, or a rival; many in a row are a defect. */
const TRIES_MAX = 50;
/**
 * From its start to its socket a server takes some milliseconds. One that a dead holder had just started
 * is seen among the processes, but not from another container.
 */
const SERVER_START_MS = 1_000;

/** Who holds a lock. */
export type Holder =
  | { readonly kind: 'living'; readonly control: Socket }
  /** Alive, with too many connections waiting. */
  | { readonly kind: 'busy' }
  /** No one; `remains` are the files of one that died. */
  | { readonly kind: 'none'; readonly remains: readonly string[] };

/**
 * Looks who holds the lock, and connects to it.
 * @throws CommandError 69 when it is held by another host.
 */
export async function findHolder(directory: DataDirectory): Promise<Holder> {
  const lock = join(directory.here, LOCK);
  const names = await readdir(lock).catch(orNothing);
  const socketName = names.find((name) => name.endsWith(SOCKET_SUFFIX));
  if (socketName === undefined) return { kind: 'none', remains: names };
  const connecting = await connectSocket(join(lock, socketName));
  if (connecting.kind === 'connected') return { kind: 'living', control: connecting.socket };
  if (connecting.kind === 'busy') return { kind: 'busy' };
  if (connecting.kind === 'refused') await refuseOtherHost(directory, names);
  return { kind: 'none', remains: names };
}

export class DataLock {
  readonly #directory: DataDirectory;
  readonly #id: string;

  private constructor(directory: DataDirectory, id: string) {
    this.#directory = directory;
    this.#id = id;
  }

  /**
   * Takes the lock and has `control` listen on its socket; undefined when another process holds it.
   * @throws CommandError 69 when another host does, the system's error when it cannot be made.
   */
  static async take(
    directory: DataDirectory,
    control: Server,
    signal: AbortSignal,
  ): Promise<DataLock | undefined> {
    const id = randomBytes(6).toString('hex');
    const draft = join(directory.here, `${LOCK}.${id}`);
    try {
      await makeDraft(draft, id, control);
      if (!(await claim(directory, draft, signal))) return undefined;
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
    await removeDrafts(directory);
    return new DataLock(directory, id);
  }

  /** Whether it is still this one: someone may have removed the files under a living daemon. */
  async isHeld(): Promise<boolean> {
    return access(this.#path(SOCKET_SUFFIX)).then(
      () => true,
      () => false,
    );
  }

  /** Whether it was lost, and another process holds it now. */
  async isTaken(): Promise<boolean> {
    if (await this.isHeld()) return false;
    const holder = await findHolder(this.#directory);
    if (holder.kind === 'living') holder.control.destroy();
    return holder.kind !== 'none';
  }

  /** Frees it for the next; the server must have ended. */
  async release(): Promise<void> {
    await rm(this.#path(SOCKET_SUFFIX), { force: true });
    await rm(this.#path(HOST_SUFFIX), { force: true });
    await rmdir(join(this.#directory.here, LOCK)).catch(() => undefined);
  }

  #path(suffix: string): string {
    return join(this.#directory.here, LOCK, this.#id + suffix);
  }
}

async function makeDraft(draft: string, id: string, control: Server): Promise<void> {
  await mkdir(draft, { mode: 0o700 });
  await writeFile(join(draft, id + HOST_SUFFIX), Object.values(await thisHost()).join('\n'));
  await new Promise<void>((resolve, reject) => {
    control.once('error', reject).listen(join(draft, id + SOCKET_SUFFIX), () => {
      control.off('error', reject);
      resolve();
    });
  });
}

async function claim(
  directory: DataDirectory,
  draft: string,
  signal: AbortSignal,
): Promise<boolean> {
  const lock = join(directory.here, LOCK);
  let outOfSight = false;
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    if (await renameOnto(draft, lock)) {
      if (outOfSight) await wait(SERVER_START_MS, signal);
      return true;
    }
    const holder = await findHolder(directory);
    if (holder.kind === 'living') holder.control.destroy();
    if (holder.kind !== 'none') return false;
    const host = await hostOf(directory, holder.remains);
    outOfSight ||= host !== undefined && host.processes !== (await processSpace());
    for (const name of holder.remains) await rm(join(lock, name), { force: true });
  }
  throw new Error(`the lock in ${directory.redisDir} cannot be taken`);
}

/** Whether the directory got the new name; false when a full one has it. */
async function renameOnto(draft: string, lock: string): Promise<boolean> {
  try {
    await rename(draft, lock);
    return true;
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST'].includes(errorCode(error) ?? '')) return false;
    throw error;
  }
}

/** Removes what daemons left that were killed before they had renamed it. */
async function removeDrafts(directory: DataDirectory): Promise<void> {
  const names = await readdir(directory.here);
  for (const name of names.filter((entry) => entry.startsWith(`${LOCK}.`))) {
    const draft = join(directory.here, name);
    const connecting = await connectSocket(
      join(draft, name.slice(LOCK.length + 1) + SOCKET_SUFFIX),
    );
    if (connecting.kind === 'connected') connecting.socket.destroy();
    if (connecting.kind === 'refused') await rm(draft, { recursive: true, force: true });
  }
}

/** The kernel that a process runs on, and the machine under it; a file with a line for each. */
interface Host {
  readonly name: string;
  /** Stays when the machine starts again, unlike `boot`; all containers of a machine share that. */
  readonly machine: string;
  readonly boot: string;
  /** Which process ids are seen: those of a container, or of all. */
  readonly processes: string;
}

async function thisHost(): Promise<Host> {
  return {
    name: hostname(),
    machine: await readText('/etc/machine-id'),
    boot: await bootId(),
    processes: await processSpace(),
  };
}

async function bootId(): Promise<string> {
  if (process.platform !== 'darwin') return readText('/proc/sys/kernel/random/boot_id');
  const asked = promisify(execFile)('sysctl', ['-n', 'kern.bootsessionuuid']);
  return asked.then(
    ({ stdout }) => stdout.trim(),
    () => '',
  );
}

async function processSpace(): Promise<string> {
  return readlink('/proc/self/ns/pid').catch(() => '');
}

async function refuseOtherHost(directory: DataDirectory, names: readonly string[]): Promise<void> {
  const holder = await hostOf(directory, names);
  if (holder === undefined) return;
  const here = await thisHost();
  if (holder.boot === here.boot && here.boot !== '') return;
  // The same machine after it was started again.
  if (holder.name === here.name && holder.machine === here.machine) return;
  throw new CommandError(
    EXIT.unavailable,
    `Cannot use the data directory ${directory.path}: an embedded Redis on the host ${holder.name} uses it. Set REDIS_URL on both hosts to share one Redis or, if that host is gone, remove the directory ${join(directory.redisDir, LOCK)}.`,
  );
}

/** What a holder wrote down; undefined when it has left meanwhile. */
async function hostOf(
  directory: DataDirectory,
  names: readonly string[],
): Promise<Host | undefined> {
  const name = names.find((entry) => entry.endsWith(HOST_SUFFIX));
  if (name === undefined) return undefined;
  const text = await readText(join(directory.here, LOCK, name));
  const [hostName = '', machine = '', boot = '', processes = ''] = text.split('\n');
  return hostName === '' ? undefined : { name: hostName, machine, boot, processes };
}

async function readText(path: string): Promise<string> {
  return (await readFile(path, 'utf8').catch(() => '')).trim();
}

function orNothing(error: unknown): string[] {
  if (errorCode(error) === 'ENOENT') return [];
  throw error;
}
