/** `resume LANE`: lifts a pause, whether a person or the site asked for it. */

import { EXIT } from '../../shared/base/errors.js';
import { type CommonCommand, examplesText, type Run } from '../command.js';

/** Gives `resume` its argument and action. */
export function defineResume(command: CommonCommand, run: Run): void {
  command
    .addHelpText(
      'before',
      examplesText([['resume comics', 'also before the time is over that the site asked for']]),
    )
    .argument('<lane>', 'the lane, such as comics')
    .action(async (name, { data, json }) => {
      await run({ dataDir: data }, async (session) => {
        const { requireLane } = await import('../arguments/lane.js');
        const { openQueue } = await import('../../shared/queues/lane.js');
        const { liftPause, readSiteState } = await import('../../shared/queues/site-state.js');
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
