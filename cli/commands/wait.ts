/** `wait [RUN]`: waits until every job of a run has ended. */

import { requireDuration, RUN_TEXT } from '../arguments.js';
import { type CommonCommand, type Execute, withExamples } from '../command.js';
import { waitAndReport } from '../run-waiting.js';

/** Gives `wait` its argument, option and action. */
export function defineWait(command: CommonCommand, execute: Execute): void {
  withExamples(command, [
    ['wait', 'for the newest run: shows how far it is, then its report'],
    ['wait run-7', 'for this one'],
    ['wait nightly', 'for the newest run of this name'],
    ['wait 7 --timeout 10m', 'for at most ten minutes (exit code 75)'],
  ])
    .argument('[run]', `${RUN_TEXT} (default: the newest)`)
    .option('--timeout <time>', 'for at most this long, such as 90s or 10m')
    .action(async (name, { data, json, timeout }) => {
      await execute({ dataDir: data }, async (session) => {
        const timeoutMs = timeout === undefined ? undefined : requireDuration('--timeout', timeout);
        const run = await session.run(name);
        return waitAndReport(session, run, { timeoutMs, json: json === true });
      });
    });
}
