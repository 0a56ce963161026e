/** `failed [RUN]`: what failed for good, in the form that `--input` reads. */

import { EXIT, CommandError, type ExitCode } from '../../shared/base/errors.js';
import { isReason, OUTCOME_TABLE, type Reason, REASONS } from '../../shared/base/outcome.js';
import { safeText } from '../../shared/base/safe-text.js';
import { runName } from '../../shared/queues/job.js';
import { failedJobs } from '../../shared/runs/failed-jobs.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { formatCount } from '../../shared/report/format.js';
import { isLive, type Run } from '../../shared/runs/run.js';
import { readTally } from '../../shared/runs/tally.js';
import { suggestion } from '../arguments.js';
import { type CommonCommand, examplesText, type Execute, repeatable } from '../command.js';
import { failedDocument, failedLines } from '../run-text.js';
import type { Session } from '../session.js';

const REASON_NAMES = Object.keys(REASONS)
  .filter(isReason)
  .filter((reason) => OUTCOME_TABLE[REASONS[reason].outcome].sort === 'failure');

/** Gives `failed` its argument, option and action. */
export function defineFailed(command: CommonCommand, execute: Execute): void {
  command
    .addHelpText(
      'before',
      examplesText([
        ['failed', 'of the newest run: a line for each job, its reason above it'],
        ['failed run-7 --reason connection', 'those alone that failed so'],
        ['failed run-7 | comic-queue enqueue comics --input -', 'try them again as a run'],
        ['failed run-7 --json', 'a JSON document a line'],
      ]),
    )
    .argument('[run]', 'the run, such as run-7 (default: the newest)')
    .option('--reason <reason>', 'only what failed for this reason, repeatable', repeatable)
    .action(async (name, { data, json, reason }) => {
      await execute({ dataDir: data }, async (session) => {
        const reasons = reason?.map(requireReason);
        return listFailed(session, name, { json: json === true, reasons });
      });
    });
}

async function listFailed(
  session: Session,
  name: string | undefined,
  { json, reasons }: { readonly json: boolean; readonly reasons: Reason[] | undefined },
): Promise<ExitCode> {
  const { terminal, signal } = session;
  const run = await session.run(name);
  const { connection } = await session.redis();
  let count = 0;
  for await (const job of failedJobs(connection, run)) {
    signal.throwIfAborted();
    if (reasons !== undefined && !reasons.includes(job.reason)) continue;
    count += 1;
    if (json) terminal.printJson(failedDocument(run, job));
    else for (const line of failedLines(run, job)) terminal.print(line);
  }
  if (count === 0 && !json) terminal.note(await nothingText(connection, run, reasons));
  return EXIT.ok;
}

function requireReason(text: string): Reason {
  const reason = REASON_NAMES.find((one) => one === text);
  if (reason !== undefined) return reason;
  throw new CommandError(
    EXIT.usage,
    `There is no failure with the reason "${safeText(text, 60)}": those of a run are in its status.${suggestion(text, REASON_NAMES)}`,
  );
}

/** Says that nothing failed, or that nothing has yet. */
async function nothingText(
  connection: RedisConnection,
  run: Run,
  reasons: readonly Reason[] | undefined,
): Promise<string> {
  const how = reasons === undefined ? '' : ` with ${reasons.join(' or ')}`;
  const name = runName(run.number);
  if (!isLive(run)) return `Nothing failed${how} in ${name}.`;
  const { ended } = await readTally(connection, run.number);
  const count = `${formatCount(ended)} of ${formatCount(run.total)} jobs have ended`;
  return `Nothing has failed${how} yet: ${name} is not over, ${count}.`;
}
