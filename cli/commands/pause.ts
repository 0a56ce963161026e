/** `pause QUEUE`: workers finish what they have and take no more from it. */

import { EXIT } from '../../shared/base/errors.js';
import { proposed } from '../../shared/base/proposed-command.js';
import { openQueue } from '../../shared/queues/queue.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { requireQueue } from '../arguments.js';
import { type CommonCommand, examplesText, type Execute } from '../command.js';

/** Gives `pause` its argument and action. */
export function definePause(command: CommonCommand, execute: Execute): void {
  command
    .addHelpText(
      'before',
      examplesText([
        ['pause comics', 'until comic-queue resume comics'],
        ['pause comics-baseline', 'the queue that is worked one at a time'],
      ]),
    )
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
