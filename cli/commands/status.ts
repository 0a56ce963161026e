/** `status`: lanes, workers and the newest runs; with `--watch` again and again. */

import { EXIT } from '../../shared/base/errors.js';
import { type CommonCommand, examplesText, type Run } from '../command.js';

/** Gives `status` its options and action. */
export function defineStatus(command: CommonCommand, run: Run): void {
  command
    .addHelpText(
      'before',
      examplesText([
        ['status', 'once'],
        ['status --watch', 'each second, until Ctrl-C'],
        ['status --watch --json', 'a JSON document a line'],
      ]),
    )
    .option('--watch', 'show it again each second, until Ctrl-C')
    .action(async ({ data, json, watch }) => {
      await run({ dataDir: data }, async (session) => {
        const { showStatus, watchStatus } = await import('../status/show-status.js');
        await (watch ? watchStatus(session, json === true) : showStatus(session, json === true));
        return EXIT.ok;
      });
    });
}
