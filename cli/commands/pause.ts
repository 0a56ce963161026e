/** `pause LANE`: workers finish what they have and take no more from it. */

import { EXIT } from '../../shared/base/errors.js';
import { openQueue } from '../../shared/queues/lane.js';
import { requireLane } from '../arguments.js';
import { type CommonCommand, examplesText, type Execute } from '../command.js';

/** Gives `pause` its argument and action. */
export function definePause(command: CommonCommand, execute: Execute): void {
  command
    .addHelpText(
      'before',
      examplesText([
        ['pause comics', 'until comic-queue resume comics'],
        ['pause comics-baseline', 'the lane that is worked one at a time'],
      ]),
    )
    .argument('<lane>', 'the lane, such as comics')
    .action(async (name, { data, json }) => {
      await execute({ dataDir: data }, async (session) => {
        const lane = requireLane(name);
        const { connection } = await session.redis();
        const queue = openQueue(lane.name, connection);
        session.defer(() => queue.close());
        await queue.pause();
        if (json) session.terminal.printJson({ lane: lane.name, paused: true });
        else {
          session.terminal.note(
            `${lane.name} is paused: workers finish what they have and take no more. ` +
              `Go on with: comic-queue resume ${lane.name}`,
          );
        }
        return EXIT.ok;
      });
    });
}
