/** Waits for a run as a person sees it: progress, then the report. */

import { type RunProgress, waitForRun } from '../producer/wait.js';
import { CommandError, EXIT, type ExitCode } from '../shared/base/errors.js';
import { countFailed } from '../shared/base/outcome.js';
import { proposed } from '../shared/base/proposed-command.js';
import { siteText } from '../shared/base/safe-text.js';
import { type KindName, kindOf } from '../shared/kinds/kinds.js';
import { runName } from '../shared/queues/job.js';
import type { QueuePause } from '../shared/queues/queue-state.js';
import { RUNS_QUEUE } from '../shared/queues/queue.js';
import { formatCount, formatRate, formatRoughDuration } from '../shared/report/format.js';
import { openProgress } from './progress.js';
import { failuresOf, outageText, reportLines, runDocument } from './run-text.js';
import { asRedisTrouble, rideOver, type Session } from './session.js';

export interface WaitOptions {
  readonly timeoutMs: number | undefined;
  readonly json: boolean;
}

/**
 * Waits for a run with a progress display and prints its report.
 *
 * @returns 0 when every job of the run was stored, kept, missing or slept, else 1.
 * @throws CommandError when it is not over in time or the command is interrupted; the run goes on.
 */
export async function waitAndReport(
  session: Session,
  { number, kind }: { readonly number: number; readonly kind: KindName },
  { timeoutMs, json }: WaitOptions,
): Promise<ExitCode> {
  const { terminal, signal } = session;
  const { connection } = await session.redis();
  const name = runName(number);
  const noun = kindOf(kind).plural;
  const display = openProgress(session);
  const onProgress = (progress: RunProgress): void => {
    const { done, total } = progress;
    display.show({ name, noun, done, total, course: courseText(progress) });
  };
  const options = { signal, timeoutMs, onProgress, attempt: rideOver(session, timeoutMs) };
  const report = await waitForRun(connection, number, options).catch((error: unknown) => {
    throw withNextStep(error, name);
  });
  display.end();
  if (json) terminal.printJson(runDocument(report));
  else for (const line of reportLines(report)) terminal.print(line);
  return failuresOf(report) === 0 && report.ended === report.queued ? EXIT.ok : EXIT.jobFailed;
}

/** What holds the run up, or how fast it goes; then what has failed. */
export function courseText(progress: RunProgress): string {
  const { outcomes, workers, ratePerSecond, etaMs, pause, trackersPaused } = progress;
  const failed = countFailed(outcomes);
  const parts: string[] = [];
  if (pause !== undefined) parts.push(pauseText(pause));
  else if (workers === 0) parts.push(noWorkerText(progress));
  else if (ratePerSecond !== undefined) {
    parts.push(formatRate(ratePerSecond));
    if (etaMs !== undefined && etaMs >= 1000) parts.push(`${formatRoughDuration(etaMs)} left`);
  }
  if (trackersPaused) parts.push(`${RUNS_QUEUE} is paused: ${proposed('resume', RUNS_QUEUE)}`);
  if (failed > 0) parts.push(`${formatCount(failed)} failed`);
  return parts.join(', ');
}

function noWorkerText({ strangers, site }: RunProgress): string {
  return strangers === 0
    ? 'no worker connected'
    : `no worker of ${siteText(site)} connected (${strangers} of another site)`;
}

/** Losing Redis ends the waiting, not the run: the message says so. */
function withNextStep(error: unknown, name: string): unknown {
  const trouble = asRedisTrouble(error);
  if (trouble === undefined) return error;
  const text = `${trouble.message}. ${name} goes on with it: ${proposed('wait', name)}`;
  return new CommandError(trouble.exitCode, text, { cause: error });
}

function pauseText({ by, reason, leftMs }: QueuePause): string {
  if (by === 'outage') return outageText(reason, leftMs ?? 0);
  return leftMs === undefined ? 'paused by hand' : `paused for ${formatRoughDuration(leftMs)}`;
}
