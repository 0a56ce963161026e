/** `retry RUN`: a new run of what failed in another. */

import { type CommonCommand, examplesText, type Run } from '../command.js';

/** Gives `retry` its argument, options and action. */
export function defineRetry(command: CommonCommand, run: Run): void {
  command
    .addHelpText(
      'before',
      examplesText([
        ['retry run-7', 'what failed in run-7, as a run of its own'],
        ['retry run-7 --wait', 'and wait for it'],
      ]),
    )
    .argument('<run>', 'the run, such as run-7')
    .option('--wait', 'wait until every job has ended, and print the report')
    .option('--timeout <time>', 'with --wait: for at most this long, such as 90s or 10m')
    .action(async (name, options) => {
      await run({ dataDir: options.data }, async (session) => {
        const { retryRun } = await import('../retry-run.js');
        return retryRun(session, name, options);
      });
    });
}
