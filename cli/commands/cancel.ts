/** `cancel RUN`: gives up what is left of a run. */

import { EXIT } from '../../shared/base/errors.js';
import { type CommonCommand, examplesText, type Run } from '../command.js';

/** Gives `cancel` its argument and action. */
export function defineCancel(command: CommonCommand, run: Run): void {
  command
    .addHelpText('before', examplesText([['cancel run-7', 'jobs under way still end']]))
    .argument('<run>', 'the run, such as run-7')
    .action(async (name, { data, json }) => {
      await run({ dataDir: data }, async (session) => {
        const { requireRunNumber } = await import('../arguments/run-name.js');
        const { cancelRun } = await import('../../producer/cancel.js');
        const { cancelledText } = await import('../cancelled-text.js');
        const { readReport } = await import('../../shared/report/read-report.js');
        const { runDocument } = await import('../run-table.js');
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
