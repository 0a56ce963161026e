/** `wait RUN`: waits until every job of a run has ended. */

import { requireRun } from '../../shared/runs/run-store.js';
import { requireDuration, requireRunNumber } from '../arguments.js';
import { type CommonCommand, examplesText, type Execute } from '../command.js';
import { waitAndReport } from '../run-waiting.js';

/** Gives `wait` its argument, option and action. */
export function defineWait(command: CommonCommand, execute: Execute): void {
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
      await execute({ dataDir: data }, async (session) => {
        const number = requireRunNumber(name);
        const timeoutMs = timeout === undefined ? undefined : requireDuration('--timeout', timeout);
        const { connection } = await session.redis();
        const run = await requireRun(connection, number);
        return waitAndReport(session, run, { timeoutMs, json: json === true });
      });
    });
}
