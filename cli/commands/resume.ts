/** `resume LANE`: lifts a pause, whether a person or the site asked for it. */

import { EXIT } from '../../shared/base/errors.js';
import { openQueue } from '../../shared/queues/lane.js';
import { liftPause, readSiteState } from '../../shared/queues/site-state.js';
import { requireLane } from '../arguments.js';
import { type CommonCommand, examplesText, type Execute } from '../command.js';

/** Gives `resume` its argument and action. */
export function defineResume(command: CommonCommand, execute: Execute): void {
  command
    .addHelpText(
      'before',
      examplesText([['resume comics', 'also before the time is over that the site asked for']]),
    )
    .argument('<lane>', 'the lane, such as comics')
    .action(async (name, { data, json }) => {
      await execute({ dataDir: data }, async (session) => {
        const lane = requireLane(name);
        const { connection } = await session.redis();
        const queue = openQueue(lane.name, connection);
        session.defer(() => queue.close());
        const { pausedForMs } = await readSiteState(connection, lane.kind);
        await queue.resume();
        await liftPause(connection, lane.kind);
        const early = pausedForMs > 0 ? ' before the time was over that the site asked for' : '';
        if (json) session.terminal.printJson({ lane: lane.name, paused: false });
        else session.terminal.note(`${lane.name} is worked again${early}.`);
        return EXIT.ok;
      });
    });
}
