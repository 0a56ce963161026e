/**
 * Who keeps the server: a daemon holds the control socket `control.<generation>.sock`. Binding is
 * atomic, so of two daemons of one generation exactly one begins. A generation is never used twice,
 * so nothing stale is ever taken for something alive.
 *
 * Why no two daemons a < b can both lead: each binds, listens, and only then looks around. When b
 * tried a's socket and it refused, a was not listening yet, so a looks around after b's bind, sees b
 * and steps down. When it did not refuse, b steps down. When b did not see a at all, a was bound
 * after b looked, or was removed by a later generation; it sees that one, or its number in the
 * file `generation`, and steps down.
 */

import { readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { errorCode } from '../base/errors.js';
import { type DataDirectory, makeRuntimeDir } from './data-directory.js';
import { connectSocket } from './socket.js';

const CONTROL_SOCKET = /^control\.(\d{1,9})\.sock$/;

/** What is known of the daemons so far; 0 stands for none. */
export interface Generations {
  /** The highest generation that has a control socket, alive or dead. */
  readonly bound: number;
  /** The highest generation there has ever been. */
  readonly last: number;
}

/** The path of a generation's control socket. */
export function controlPath(directory: DataDirectory, generation: number): string {
  return join(directory.runtimeDir, `control.${generation}.sock`);
}

/** Looks up the generations; a missing runtime directory is an empty one. */
export async function readGenerations(directory: DataDirectory): Promise<Generations> {
  const bound = Math.max(0, ...(await boundGenerations(directory)));
  return { bound, last: Math.max(bound, await leadingGeneration(directory)) };
}

/** Every generation that has a control socket. */
export async function boundGenerations(directory: DataDirectory): Promise<number[]> {
  const names = await readdir(directory.runtimeDir).catch(() => []);
  return names.flatMap((name) => {
    const digits = CONTROL_SOCKET.exec(name)?.[1];
    return digits === undefined ? [] : [Number(digits)];
  });
}

/** The last generation that led, as it wrote down itself. */
async function leadingGeneration(directory: DataDirectory): Promise<number> {
  const text = await readFile(recordPath(directory), 'utf8').catch(() => '');
  return /^\d{1,9}$/.test(text) ? Number(text) : 0;
}

/** Writes down that this generation leads; done before anything older is removed. */
export async function recordLeading(directory: DataDirectory, generation: number): Promise<void> {
  const draft = `${recordPath(directory)}.${process.pid}`;
  await writeFile(draft, String(generation));
  await rename(draft, recordPath(directory));
}

/** Removes a control socket; one that is gone already is no error. */
async function removeControl(directory: DataDirectory, generation: number): Promise<void> {
  await rm(controlPath(directory, generation), { force: true });
}

/** Makes sure the directory of the sockets exists: a cleaner of `/tmp` may have taken it. */
export async function ensureRuntimeDir(directory: DataDirectory): Promise<void> {
  await makeRuntimeDir(directory.runtimeDir);
}

/** Removes the directory of the sockets if nothing is in it any more. */
export async function removeRuntimeDir(directory: DataDirectory): Promise<void> {
  await rmdir(directory.runtimeDir).catch(() => undefined);
}

function recordPath(directory: DataDirectory): string {
  return join(directory.redisDir, 'generation');
}

const BIND_TRIES_MAX = 20;

/** Listens on the generation's control socket; false when another daemon was faster. */
export async function bindGeneration(
  control: Server,
  directory: DataDirectory,
  generation: number,
): Promise<boolean> {
  for (let tries = 1; ; tries += 1) {
    await ensureRuntimeDir(directory);
    try {
      await listen(control, controlPath(directory, generation));
      return true;
    } catch (error) {
      const code = errorCode(error);
      if (code === 'EADDRINUSE') return false;
      // A daemon that left has just removed the directory.
      if (!['ENOENT', 'EACCES'].includes(code ?? '') || tries === BIND_TRIES_MAX) throw error;
    }
  }
}

/** Looks around after binding: false when another daemon leads or is about to. */
export async function takeLead(directory: DataDirectory, generation: number): Promise<boolean> {
  const bound = await boundGenerations(directory);
  if (!(await stillLeads(directory, generation))) return false;
  const lower = bound.filter((other) => other < generation);
  for (const other of lower) {
    if (await listens(controlPath(directory, other))) return false;
  }
  await recordLeading(directory, generation);
  for (const other of lower) await removeControl(directory, other);
  return true;
}

/** Whether no later daemon has come: checked again before each start of a server. */
export async function stillLeads(directory: DataDirectory, generation: number): Promise<boolean> {
  const bound = await boundGenerations(directory);
  return Math.max(...bound, await leadingGeneration(directory)) <= generation;
}

async function listen(control: Server, path: string): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      control.once('error', reject).listen(path, resolve);
    });
  } finally {
    control.removeAllListeners('error');
  }
}

async function listens(path: string): Promise<boolean> {
  const connecting = await connectSocket(path);
  if (connecting.kind === 'connected') connecting.socket.destroy();
  return connecting.kind === 'connected' || connecting.kind === 'busy';
}
