/** `resume QUEUE`: lifts a pause, whether a person or the site asked for it. */

import { EXIT } from '../../shared/base/errors.js';
import { openQueue } from '../../shared/queues/queue.js';
import { liftPause, readSiteState } from '../../shared/queues/site-state.js';
import { requireQueue } from '../arguments.js';
import { type CommonCommand, examplesText, type Execute } from '../command.js';

/** Gives `resume` its argument and action. */
export function defineResume(command: CommonCommand, execute: Execute): void {
  command
    .addHelpText(
      'before',
      examplesText([['resume comics', 'also before the time is over that the site asked for']]),
    )
    .argument('<queue>', 'the queue, such as comics')
    .action(async (name, { data, json }) => {
      await execute({ dataDir: data }, async (session) => {
        const queue = requireQueue(name);
        const { connection } = await session.redis();
        const bullQueue = openQueue(queue.name, connection);
        session.defer(() => bullQueue.close());
        const { pausedForMs } = await readSiteState(connection, queue.kind);
        await bullQueue.resume();
        await liftPause(connection, queue.kind);
        const early = pausedForMs > 0 ? ' before the time was over that the site asked for' : '';
        if (json) session.terminal.printJson({ queue: queue.name, paused: false });
        else session.terminal.note(`${queue.name} is worked again${early}.`);
        return EXIT.ok;
      });
    });
}
