/** `cancel RUN`: gives up what is left of a run. */

import { type Cancelled, cancelRun } from '../../producer/cancel.js';
import { EXIT } from '../../shared/base/errors.js';
import { runName } from '../../shared/queues/job.js';
import { formatCount } from '../../shared/report/format.js';
import { readReport } from '../../shared/report/read-report.js';
import { RUN_TEXT } from '../arguments.js';
import { type CommonCommand, type Execute, withExamples } from '../command.js';
import { runDocument } from '../run-text.js';

/** Gives `cancel` its argument and action. */
export function defineCancel(command: CommonCommand, execute: Execute): void {
  withExamples(command, [['cancel run-7', 'jobs under way still end']])
    .argument('<run>', RUN_TEXT)
    .action(async (name, { data, json }) => {
      await execute({ dataDir: data }, async (session) => {
        const { number } = await session.run(name);
        const { connection } = await session.redis();
        const cancelled = await cancelRun(connection, number, session.signal);
        if (json)
          session.terminal.printJson(runDocument(await readReport(connection, cancelled.run)));
        else session.terminal.note(cancelledText(cancelled));
        return EXIT.ok;
      });
    });
}

/** Says how much was done and how much will not be. */
export function cancelledText({ run, done, left, ended, workers }: Cancelled): string {
  const name = runName(run.number);
  if (run.state !== 'cancelled') return `${name} had ${run.state} before: nothing to cancel.`;
  const counts = `${formatCount(done)} ${done === 1 ? 'job' : 'jobs'} had ended, ${formatCount(left)} will not be done.`;
  if (ended) return `${name} is cancelled: ${counts}`;
  const end =
    workers === 0
      ? 'It ends as soon as a worker is connected.'
      : 'It ends when its active jobs have ended.';
  return `${name} is cancelled: ${counts} ${end}`;
}
