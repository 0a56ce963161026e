/** `failed [RUN]`: what failed for good, or was missing, in the form that `--input` reads. */

import { EXIT, CommandError, type ExitCode } from '../../shared/base/errors.js';
import { isReason, OUTCOME_TABLE, type Reason, REASONS } from '../../shared/base/outcome.js';
import { safeText } from '../../shared/base/safe-text.js';
import { runName } from '../../shared/queues/job.js';
import { failedJobs, missingJobs } from '../../shared/runs/failed-jobs.js';
import { formatCount } from '../../shared/report/format.js';
import { isLive, type Run } from '../../shared/runs/run.js';
import { readTally } from '../../shared/runs/tally.js';
import { RUN_TEXT, suggestion } from '../arguments.js';
import { type CommonCommand, type Execute, repeatable, withExamples } from '../command.js';
import { failedDocument, failedLines } from '../run-text.js';
import type { Session } from '../session.js';

const REASON_NAMES = Object.keys(REASONS).filter(isReason);

/** What the command lists: jobs that failed for good, or those that the site had nothing for. */
type Listed = 'failed' | 'missing';

const LISTS = { failed: failedJobs, missing: missingJobs } as const;

/** Gives `failed` its argument, option and action. */
export function defineFailed(command: CommonCommand, execute: Execute): void {
  withExamples(command, [
    ['failed', 'of the newest run: a line for each job, its reason above it'],
    ['failed run-7 --reason connection', 'only those that failed for this reason'],
    ['failed run-7 | comic-queue enqueue comics --input -', 'try them again as a run'],
    ['failed run-7 --missing', 'what the site does not have, which is no failure'],
    ['failed run-7 --json', 'a JSON document a line'],
  ])
    .argument('[run]', `${RUN_TEXT} (default: the newest)`)
    .option('--reason <reason>', 'only jobs that ended for this reason, repeatable', repeatable)
    .option('--missing', 'list what was missing instead of what failed')
    .action(async (name, { data, json, reason, missing }) => {
      await execute({ dataDir: data }, async (session) => {
        const listed = missing === true ? 'missing' : 'failed';
        const reasons = reason?.map((text) => requireReason(text, listed));
        return listJobs(session, name, { json: json === true, reasons, listed });
      });
    });
}

interface ListOptions {
  readonly json: boolean;
  readonly reasons: readonly Reason[] | undefined;
  readonly listed: Listed;
}

async function listJobs(
  session: Session,
  name: string | undefined,
  options: ListOptions,
): Promise<ExitCode> {
  const { terminal, signal } = session;
  const { json, reasons, listed } = options;
  const run = await session.run(name);
  const { connection } = await session.redis();
  let [count, shown] = [0, 0];
  for await (const job of LISTS[listed](connection, run)) {
    signal.throwIfAborted();
    count += 1;
    if (reasons !== undefined && !reasons.includes(job.reason)) continue;
    shown += 1;
    if (json) terminal.printJson(failedDocument(run, job));
    else for (const line of failedLines(run, job)) terminal.print(line);
  }
  if (json) return EXIT.ok;
  const { ended, outcomes } = await readTally(connection, run.number);
  const all = listed === 'missing' ? outcomes.missing : count;
  if (all > count) {
    terminal.note(`${formatCount(count)} are listed of the ${formatCount(all)} that were missing.`);
  } else if (shown === 0) terminal.note(nothingText(run, ended, options));
  return EXIT.ok;
}

/** @throws CommandError (usage) for a reason that no job on the list can have. */
function requireReason(text: string, listed: Listed): Reason {
  const known = REASON_NAMES.filter((reason) => listOf(reason) === listed);
  const reason = REASON_NAMES.find((one) => one === text);
  if (reason !== undefined && known.includes(reason)) return reason;
  const what = listed === 'missing' ? 'Nothing is missing for' : 'There is no failure with';
  const other =
    reason !== undefined && listOf(reason) === 'missing'
      ? ' It is one of what is missing: add --missing.'
      : suggestion(text, known);
  throw new CommandError(
    EXIT.usage,
    `${what} the reason "${safeText(text, 60)}": those of a run are in its status.${other}`,
  );
}

function listOf(reason: Reason): Listed | undefined {
  const { outcome } = REASONS[reason];
  if (outcome === 'missing') return outcome;
  return OUTCOME_TABLE[outcome].sort === 'failure' ? 'failed' : undefined;
}

/** Says that nothing failed, or was missing, or that nothing has been yet. */
function nothingText(run: Run, ended: number, { reasons, listed }: ListOptions): string {
  const how = reasons === undefined ? '' : ` with ${reasons.join(' or ')}`;
  const name = runName(run.number);
  if (!isLive(run)) {
    return `Nothing ${listed === 'missing' ? 'was missing' : 'failed'}${how} in ${name}.`;
  }
  const count = `${formatCount(ended)} of ${formatCount(run.total)} jobs have ended`;
  const far = listed === 'missing' ? 'was missing' : 'has failed';
  return `Nothing ${far}${how} yet: ${name} is not over, ${count}.`;
}
