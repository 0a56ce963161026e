/** How a keeper comes to lead; `generation.ts` says why it works. */

import type { Server } from 'node:net';
import { errorCode } from '../../shared/base/errors.js';
import type { DataDirectory } from './data-directory.js';
import {
  boundGenerations,
  controlPath,
  ensureRuntimeDir,
  leadingGeneration,
  recordLeading,
  removeControl,
} from './generation.js';
import { connectSocket } from './unix-socket.js';

const BIND_TRIES_MAX = 20;

/** Listens on the generation's control socket; false when another keeper was faster. */
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
      // A keeper that left has just removed the directory.
      if (!['ENOENT', 'EACCES'].includes(code ?? '') || tries === BIND_TRIES_MAX) throw error;
    }
  }
}

/** Looks around after binding: false when another keeper leads or is about to. */
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

/** Whether no later keeper has come: checked again before each start of a server. */
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
