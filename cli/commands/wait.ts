/** `wait RUN`: until every job of a run has ended. */

import { type CommonCommand, examplesText, type Run } from '../command.js';

/** Gives `wait` its argument, option and action. */
export function defineWait(command: CommonCommand, run: Run): void {
  command
    .addHelpText(
      'before',
      examplesText([
        ['wait run-7', 'shows how far it is, then its report'],
        ['wait 7 --timeout 10m', 'for at most ten minutes (exit code 75)'],
      ]),
    )
    .argument('<run>', 'the run, such as run-7')
    .option('--timeout <time>', 'for at most this long, such as 90s or 10m')
    .action(async (name, { data, json, timeout }) => {
      await run({ dataDir: data }, async (session) => {
        const { requireDuration } = await import('../arguments/duration.js');
        const { requireRunNumber } = await import('../arguments/run-name.js');
        const { requireRun } = await import('../../producer/wait.js');
        const { waitAndReport } = await import('../run-waiting.js');
        const number = requireRunNumber(name);
        const timeoutMs = timeout === undefined ? undefined : requireDuration('--timeout', timeout);
        const { connection } = await session.redis();
        const { kind } = await requireRun(connection, number);
        return waitAndReport(session, { number, kind, timeoutMs }, json === true);
      });
    });
}
