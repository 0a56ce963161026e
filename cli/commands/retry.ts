/** `retry [RUN]`: a new run of what failed in another. */

import { retryPlan } from '../../producer/resume.js';
import type { ExitCode } from '../../shared/base/errors.js';
import { RUN_TEXT } from '../arguments.js';
import { type CommonCommand, type Execute, withExamples } from '../command.js';
import type { Session } from '../session.js';
import { afterOf, enqueuePlans, type WaitFlags } from './enqueue.js';

/** Gives `retry` its argument, options and action. */
export function defineRetry(command: CommonCommand, execute: Execute): void {
  withExamples(command, [
    ['retry', 'what failed in the newest run, as a run of its own'],
    ['retry run-7', 'what failed in run-7, as a run of its own'],
    ['retry run-7 --wait', 'and wait for it'],
  ])
    .argument('[run]', `${RUN_TEXT} (default: the newest)`)
    .option('--wait', 'wait until every job has ended, and print the report')
    .option('--timeout <time>', 'with --wait: for at most this long, such as 90s or 10m')
    .action(async (name, options) => {
      await execute({ dataDir: options.data }, (session) => retryRun(session, name, options));
    });
}

/** Makes a run of the jobs that failed for good in another. */
async function retryRun(
  session: Session,
  name: string | undefined,
  flags: WaitFlags,
): Promise<ExitCode> {
  const after = afterOf(flags);
  const { signal } = session;
  const failed = await session.run(name);
  const { connection } = await session.redis();
  const plan = await retryPlan(failed, { connection, signal });
  return enqueuePlans(session, [plan], after);
}
