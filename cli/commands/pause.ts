/** `pause QUEUE`: workers finish what they have and take no more from it. `resume QUEUE` lifts a pause. */

import { EXIT } from '../../shared/base/errors.js';
import { proposed } from '../../shared/base/proposed-command.js';
import type { KindName } from '../../shared/kinds/kinds.js';
import { openQueue, RUNS_QUEUE } from '../../shared/queues/queue.js';
import { liftPause, readSiteState } from '../../shared/queues/site-state.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { requireQueue } from '../arguments.js';
import { type CommonCommand, type Execute, withExamples } from '../command.js';

/** Gives `pause` its argument and action. */
export function definePause(command: CommonCommand, execute: Execute): void {
  withExamples(command, [
    ['pause comics', 'until comic-queue resume comics'],
    ['pause comics-baseline', 'the queue that is worked one at a time'],
  ])
    .argument('<queue>', 'the queue, such as comics')
    .action(async (name, { data, json }) => {
      await execute({ dataDir: data }, async (session) => {
        const queue = requireQueue(name).name;
        const { connection } = await session.redis();
        const text = await pauseQueue(connection, queue);
        if (json) session.terminal.printJson({ queue, paused: true });
        else session.terminal.note(`${text} Go on with: ${proposed('resume', queue)}`);
        return EXIT.ok;
      });
    });
}

/**
 * Pauses a queue.
 *
 * @returns what was done, in a sentence.
 * @throws CommandError (usage) where there is no such queue.
 */
export async function pauseQueue(connection: RedisConnection, name: string): Promise<string> {
  const queue = requireQueue(name).name;
  const bullQueue = openQueue(queue, connection);
  try {
    await bullQueue.pause();
  } finally {
    await bullQueue.close();
  }
  return `${queue} is paused: workers finish what they have and take no more.`;
}

/** Gives `resume` its argument and action. */
export function defineResume(command: CommonCommand, execute: Execute): void {
  withExamples(command, [['resume comics', 'lifts any pause, also one that the site asked for']])
    .argument('<queue>', 'the queue, such as comics')
    .action(async (name, { data, json }) => {
      await execute({ dataDir: data }, async (session) => {
        if (name !== RUNS_QUEUE) requireQueue(name);
        const { connection } = await session.redis();
        const text = await resumeQueue(connection, name);
        if (json) session.terminal.printJson({ queue: name, paused: false });
        else session.terminal.note(text);
        return EXIT.ok;
      });
    });
}

/**
 * Lifts any pause of a queue. No command of ours pauses the queue of runs; where something else did,
 * no run ends.
 *
 * @returns what was done, in a sentence.
 * @throws CommandError (usage) where there is no such queue.
 */
export async function resumeQueue(connection: RedisConnection, name: string): Promise<string> {
  const queue = name === RUNS_QUEUE ? { name } : requireQueue(name);
  const bullQueue = openQueue(queue.name, connection);
  try {
    await bullQueue.resume();
  } finally {
    await bullQueue.close();
  }
  const lifted = 'kind' in queue ? await liftSitePause(connection, queue.kind) : '';
  return `${queue.name} is worked again${lifted}.`;
}

/** Lifts the pause of a site, and says which it was, where there was one. */
async function liftSitePause(connection: RedisConnection, kind: KindName): Promise<string> {
  const { outage, pausedForMs } = await readSiteState(connection, kind);
  await liftPause(connection, kind);
  if (outage !== undefined) {
    return '; its site did not answer, and is asked again now. The job that asked it last comes back within a minute';
  }
  return pausedForMs > 0 ? '; the pause that its site asked for was cut short' : '';
}
