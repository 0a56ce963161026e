/** Starts the stand-in as a child process. */

import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { OriginInput } from './options.js';
import { withDeadline } from '../shared/base/wait.js';

/** On a machine that is busy with other things. */
const START_WITHIN_MS = 15_000;

const PROGRAM = fileURLToPath(new URL('./child-process.js', import.meta.url));

const Ready = z.object({ url: z.string() });

export interface OriginChild {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Resolves when the stand-in answers. */
export async function startOriginChild(input: OriginInput): Promise<OriginChild> {
  const child = fork(PROGRAM, [JSON.stringify(input)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    const { url } = await withDeadline(
      firstMessage(child),
      START_WITHIN_MS,
      () => new Error('The stand-in did not start'),
    );
    return { url, stop: () => stop(child) };
  } catch (error) {
    await stop(child);
    throw error;
  }
}

async function firstMessage(child: ChildProcess): Promise<{ readonly url: string }> {
  const ended = once(child, 'exit').then(() => {
    throw new Error('The stand-in ended before it answered');
  });
  const [message] = z
    .tuple([z.unknown()])
    .rest(z.unknown())
    .parse(await Promise.race([once(child, 'message'), ended]));
  return Ready.parse(message);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}
