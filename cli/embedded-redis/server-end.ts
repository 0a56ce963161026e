/** Ending redis-servers: in good order, or at once. */

import { rm } from 'node:fs/promises';
import { wait } from '../../shared/base/wait.js';
import type { DataDirectory } from './data-directory.js';
import { askRedis } from './redis-question.js';
import { findServers } from './server-search.js';

/** Flushing the append-only file to a slow disk. */
const END_LIMIT_MS = 20_000;
const REPLY_LIMIT_MS = 2_000;
const POLL_MS = 10;

/**
 * Ends the server after it wrote its data; returns the reason when it still runs. With a full disk
 * it is left running: asked to end, it would forget what it acknowledged and could not write.
 */
export async function shutDownServer(
  directory: DataDirectory,
  signal: AbortSignal,
): Promise<string | undefined> {
  // A writing command that changes nothing tells whether the last write to the disk failed.
  const write = await askRedis(directory.socketPath, 'DEL comic-queue:none', REPLY_LIMIT_MS);
  if (write.kind === 'reply' && write.line.startsWith('-MISCONF')) return write.line;
  const reply = await askRedis(directory.socketPath, 'SHUTDOWN', END_LIMIT_MS);
  if (reply.kind === 'reply') return reply.line;
  if (await untilNoneLives(directory, signal)) return undefined;
  return `still there after ${END_LIMIT_MS / 1000} s`;
}

/** Ends servers that cannot be reached, at first politely; false when one does not end. */
export async function endServers(
  directory: DataDirectory,
  pids: readonly number[],
  signal: AbortSignal,
): Promise<boolean> {
  for (const name of ['SIGTERM', 'SIGKILL'] as const) {
    for (const pid of pids) endProcess(pid, name);
    if (await untilNoneLives(directory, signal)) return true;
  }
  return false;
}

/** Ends whatever server lives in the directory at once, without letting it write. */
export async function killServers(directory: DataDirectory, signal: AbortSignal): Promise<void> {
  for (const pid of await findServers(directory.redisDir)) endProcess(pid, 'SIGKILL');
  await untilNoneLives(directory, signal);
  await rm(directory.socketPath, { force: true });
}

function endProcess(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself, or is not ours to end: the search that follows tells.
  }
}

async function untilNoneLives(directory: DataDirectory, signal: AbortSignal): Promise<boolean> {
  const started = performance.now();
  while ((await findServers(directory.redisDir)).length > 0) {
    if (performance.now() - started > END_LIMIT_MS) return false;
    await wait(POLL_MS, signal);
  }
  return true;
}
