/**
 * Which machine works on a data directory. Within one machine the control sockets decide; a data
 * directory on a shared file system, or a volume of two containers, needs a sign that all can read:
 * a file that the leading daemon rewrites every two seconds. A file that stays the same for some
 * seconds has lost its owner. Nobody's clock is compared.
 */

import { readFile, readlink, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { CommandError, EXIT } from '../base/errors.js';
import { wait } from '../base/wait.js';
import type { DataDirectory } from './data-directory.js';

const RENEW_MS = 2_000;
/** Several renewals, and what a network file system may hold back. */
const STALE_AFTER_MS = 8_000;
const LOOK_MS = 250;

export interface DataLease {
  /** Whether another machine had it before: then a server that still lives here is out of date. */
  readonly inherited: boolean;
  /** Rejects when another machine took it: nothing may be written any more. */
  readonly lost: Promise<never>;
  /** Gives it up, so that the next machine need not wait. */
  release(): Promise<void>;
}

/**
 * Takes the data directory for this machine; announces when that takes some seconds, as it does
 * after a power cut.
 * @throws CommandError 69 when another machine works on it.
 */
export async function takeLease(
  directory: DataDirectory,
  announce: (line: string) => void,
  signal: AbortSignal,
): Promise<DataLease> {
  const path = join(directory.redisDir, 'lease');
  const machine = await machineName();
  const inherited = await isForeign(path, machine);
  if (inherited) {
    announce('Making sure that no other machine works in the data directory …');
    await waitForForeign(path, signal);
  }
  let renewals = 0;
  const renew = async (): Promise<void> => writeWhole(path, `${machine}\n${(renewals += 1)}\n`);
  await renew();
  let timer: NodeJS.Timeout | undefined;
  const lost = new Promise<never>((_, reject) => {
    timer = setInterval(() => {
      void renewIfOurs(path, machine, renew).catch(reject);
    }, RENEW_MS);
  });
  // Somebody may look only later.
  lost.catch(() => undefined);
  const release = async (): Promise<void> => {
    clearInterval(timer);
    if ((await readOwner(path)) === machine) await rm(path, { force: true });
  };
  return { inherited, lost, release };
}

async function isForeign(path: string, machine: string): Promise<boolean> {
  const owner = await readOwner(path);
  return owner !== '' && owner !== machine;
}

/** Waits until the lease of another machine is given up or proves dead. */
async function waitForForeign(path: string, signal: AbortSignal): Promise<void> {
  const first = await read(path);
  const started = performance.now();
  while (performance.now() - started < STALE_AFTER_MS) {
    await wait(LOOK_MS, signal);
    const text = await read(path);
    if (text === '') return;
    if (text !== first) throw takenBy(ownerOf(text));
  }
}

async function renewIfOurs(
  path: string,
  machine: string,
  renew: () => Promise<void>,
): Promise<void> {
  if (await isForeign(path, machine)) throw takenBy(await readOwner(path));
  // The directory may be deleted, or full: neither makes it another machine's.
  await renew().catch(() => undefined);
}

function takenBy(owner: string): CommandError {
  const host = owner.split(' ')[0] ?? '';
  return new CommandError(
    EXIT.unavailable,
    `Cannot use the data directory: an embedded Redis on ${host} works in it. Set REDIS_URL on both machines to share one Redis, or choose another --data.`,
  );
}

/** Containers on one host share its name or not, its process ids or not: all of it counts. */
async function machineName(): Promise<string> {
  const boot = await read('/proc/sys/kernel/random/boot_id');
  const processes = await readlink('/proc/self/ns/pid').catch(() => '');
  return [hostname(), boot.trim(), processes].filter((part) => part !== '').join(' ');
}

async function readOwner(path: string): Promise<string> {
  return ownerOf(await read(path));
}

function ownerOf(text: string): string {
  return text.split('\n')[0] ?? '';
}

async function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

async function writeWhole(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, text);
  await rename(draft, path);
}
