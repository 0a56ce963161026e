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
        ['status run-7', 'one run, and what has been counted of it so far'],
        ['status --watch', 'each second, until Ctrl-C'],
        ['status run-7 --watch', 'until the run is over'],
        ['status --watch --json', 'a JSON document a line'],
      ]),
    )
    .argument('[run]', 'a run, such as run-7')
    .option('--watch', 'show it again each second, until Ctrl-C or the end of the run')
    .action(async (name, { data, json, watch }) => {
      await run({ dataDir: data }, async (session) => {
        const { showRun, showStatus } = await import('../status/show-status.js');
        const showing = { json: json === true, watch: watch === true };
        if (name === undefined) await showStatus(session, showing);
        else await showRun(session, name, showing);
        return EXIT.ok;
      });
    });
}
