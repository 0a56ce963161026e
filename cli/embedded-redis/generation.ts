/**
 * Who keeps the server: a keeper holds the control socket `control.<generation>.sock`. Binding is
 * atomic, so of two keepers of one generation exactly one begins. A generation is never used twice,
 * so nothing stale is ever taken for something alive.
 *
 * Why no two keepers a < b can both lead: each binds, listens, and only then looks around. When b
 * tried a's socket and it refused, a was not listening yet, so a looks around after b's bind, sees b
 * and steps down. When it did not refuse, b steps down. When b did not see a at all, a was bound
 * after b looked, or was removed by a later generation; it sees that one, or its number in the
 * file `generation`, and steps down.
 */

import { readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataDirectory } from './data-directory.js';
import { makeRuntimeDir } from './runtime-directory.js';

const CONTROL_SOCKET = /^control\.(\d{1,9})\.sock$/;

/** What is known of the keepers so far; 0 stands for none. */
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
export async function leadingGeneration(directory: DataDirectory): Promise<number> {
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
export async function removeControl(directory: DataDirectory, generation: number): Promise<void> {
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
