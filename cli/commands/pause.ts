/** `pause QUEUE`: workers finish what they have and take no more from it. */

import { EXIT } from '../../shared/base/errors.js';
import { proposed } from '../../shared/base/proposed-command.js';
import { openQueue } from '../../shared/queues/queue.js';
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
        const queue = requireQueue(name);
        const { connection } = await session.redis();
        const bullQueue = openQueue(queue.name, connection);
        session.defer(() => bullQueue.close());
        await bullQueue.pause();
        if (json) session.terminal.printJson({ queue: queue.name, paused: true });
        else {
          session.terminal.note(
            `${queue.name} is paused: workers finish what they have and take no more. ` +
              `Go on with: ${proposed('resume', queue.name)}`,
          );
        }
        return EXIT.ok;
      });
    });
}
