/** `cancel RUN`: gives up what is left of a run. */

import { cancelRun } from '../../producer/cancel.js';
import { EXIT } from '../../shared/base/errors.js';
import { readReport } from '../../shared/report/read-report.js';
import { requireRunNumber } from '../arguments.js';
import { type CommonCommand, examplesText, type Execute } from '../command.js';
import { cancelledText, runDocument } from '../run-text.js';

/** Gives `cancel` its argument and action. */
export function defineCancel(command: CommonCommand, execute: Execute): void {
  command
    .addHelpText('before', examplesText([['cancel run-7', 'jobs under way still end']]))
    .argument('<run>', 'the run, such as run-7')
    .action(async (name, { data, json }) => {
      await execute({ dataDir: data }, async (session) => {
        const number = requireRunNumber(name);
        const { connection } = await session.redis();
        const cancelled = await cancelRun(connection, number, session.signal);
        if (json)
          session.terminal.printJson(runDocument(await readReport(connection, cancelled.run)));
        else session.terminal.note(cancelledText(cancelled));
        return EXIT.ok;
      });
    });
}
