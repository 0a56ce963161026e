/** `failed RUN`: what failed for good, in the form that `--input` reads. */

import { EXIT } from '../../shared/base/errors.js';
import { failedJobs } from '../../shared/runs/failed-jobs.js';
import { requireRun } from '../../shared/runs/run-store.js';
import { requireRunNumber } from '../arguments.js';
import { type CommonCommand, examplesText, type Execute } from '../command.js';
import { failedDocument, failedLines } from '../run-text.js';

/** Gives `failed` its argument and action. */
export function defineFailed(command: CommonCommand, execute: Execute): void {
  command
    .addHelpText(
      'before',
      examplesText([
        ['failed run-7', 'a line for each job, its reason in a comment above'],
        ['failed run-7 | comic-queue enqueue comics --input -', 'try them again as a run'],
        ['failed run-7 --json', 'a JSON document a line'],
      ]),
    )
    .argument('<run>', 'the run, such as run-7')
    .action(async (name, { data, json }) => {
      await execute({ dataDir: data }, async (session) => {
        const number = requireRunNumber(name);
        const { connection } = await session.redis();
        const found = await requireRun(connection, number);
        let count = 0;
        for await (const job of failedJobs(connection, found)) {
          session.signal.throwIfAborted();
          count += 1;
          if (json) session.terminal.printJson(failedDocument(found, job));
          else for (const line of failedLines(found, job)) session.terminal.print(line);
        }
        if (count === 0 && !json) session.terminal.note('Nothing failed in this run.');
        return EXIT.ok;
      });
    });
}
