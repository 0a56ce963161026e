/** `rate KIND RATE`: how often a site may be asked, over all workers, until it is changed. */

import { EXIT } from '../../shared/base/errors.js';
import { wait } from '../../shared/base/wait.js';
import { setRate } from '../../shared/queues/site-state.js';
import { listWorkers } from '../../shared/queues/heartbeat.js';
import { formatInterval, requireKind, requireRate } from '../arguments.js';
import { type CommonCommand, examplesText, type Execute } from '../command.js';

/** Workers look at their site's state each second; a little more covers the way there. */
const NOTICED_AFTER_MS = 1200;

/** Gives `rate` its arguments and action. */
export function defineRate(command: CommonCommand, execute: Execute): void {
  command
    .addHelpText(
      'before',
      examplesText([
        ['rate comics 10/s', 'at most ten requests a second, over all workers'],
        ['rate searches 6/m', 'one every ten seconds'],
        ['rate comics off', 'as fast as the workers can'],
      ]),
    )
    .argument('<kind>', 'the kind whose site is meant, such as comics')
    .argument('<rate>', 'such as 10/s, 600/m or 100/h, or off')
    .action(async (plural, text, { data, json }) => {
      await execute({ dataDir: data }, async (session) => {
        const kind = requireKind(plural);
        const { intervalMs } = requireRate(text);
        const { connection } = await session.redis();
        await setRate(connection, kind, intervalMs);
        const workers = await listWorkers(connection);
        if (workers.length > 0) await wait(NOTICED_AFTER_MS, session.signal);
        const rate = intervalMs === undefined ? 'off' : formatInterval(intervalMs);
        if (json)
          session.terminal.printJson({ kind: plural, rate, intervalMs: intervalMs ?? null });
        else {
          const what = intervalMs === undefined ? 'no rate any more' : `a rate of ${rate}`;
          session.terminal.note(
            `${plural} have ${what}, over all workers (${workers.length} connected).`,
          );
        }
        return EXIT.ok;
      });
    });
}
