/** Waiting for a run, as a person sees it: progress, then the report. */

import { type RunProgress, waitForRun } from '../producer/wait.js';
import { CommandError, EXIT, type ExitCode } from '../shared/base/errors.js';
import { countFailed } from '../shared/base/outcome.js';
import { pauseFor } from '../shared/base/wait.js';
import { type KindName, kindOf } from '../shared/kinds/kinds.js';
import { runName } from '../shared/queues/job.js';
import { readSiteState } from '../shared/queues/site-state.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { formatCount, formatRate } from '../shared/report/format.js';
import type { Report } from '../shared/report/report.js';
import { openProgress, type Progress } from './progress.js';
import { asRedisTrouble } from './run-command.js';
import { failuresOf, reportLines, roughDuration, runDocument } from './run-text.js';
import type { Session } from './session.js';

/** How often it is looked whether the site is paused. */
const PAUSE_LOOK_MS = 1000;

export interface WaitingRun {
  readonly number: number;
  readonly kind: KindName;
  readonly timeoutMs: number | undefined;
}

/**
 * Waits for a run with a progress display, prints its report, and says how it ended.
 *
 * @throws CommandError when it is not over in time or the command is interrupted; the run goes on.
 */
export async function waitAndReport(
  session: Session,
  run: WaitingRun,
  json: boolean,
): Promise<ExitCode> {
  const report = await waitForReport(session, run);
  if (json) session.terminal.printJson(runDocument(report));
  else for (const line of reportLines(report)) session.terminal.print(line);
  return exitCodeOf(report);
}

/** 0 when every job of the run was stored, kept, missing or slept. */
function exitCodeOf(report: Report): ExitCode {
  return failuresOf(report) === 0 && report.ended === report.queued ? EXIT.ok : EXIT.jobFailed;
}

async function waitForReport(session: Session, run: WaitingRun): Promise<Report> {
  const { connection } = await session.redis();
  const display = await openProgress(session.terminal);
  const watching = new AbortController();
  let pause: string | undefined;
  void watchPause(connection, run.kind, watching.signal, (text) => {
    pause = text;
  });
  try {
    return await waitForRun(connection, run.number, {
      signal: session.signal,
      timeoutMs: run.timeoutMs,
      onProgress: (progress) => display.show(shownProgress(progress, run.kind, pause)),
    });
  } catch (error) {
    throw stillGoingOn(error, run.number);
  } finally {
    watching.abort();
    display.end();
  }
}

/** A run does not need the command that waits for it: where Redis is lost, the message says so. */
function stillGoingOn(error: unknown, number: number): unknown {
  const trouble = asRedisTrouble(error);
  if (trouble === undefined) return error;
  const name = runName(number);
  const text = `${trouble.message}. ${name} goes on with it: comic-queue wait ${name}`;
  return new CommandError(trouble.exitCode, text, { cause: error });
}

/** Says whether the site is paused, again and again; what cannot be read is said by the waiting. */
async function watchPause(
  connection: RedisConnection,
  kind: KindName,
  signal: AbortSignal,
  say: (pause: string | undefined) => void,
): Promise<void> {
  do {
    const state = await readSiteState(connection, kind).catch(() => undefined);
    if (state === undefined) return;
    say(state.pausedForMs > 0 ? `paused for ${roughDuration(state.pausedForMs)}` : undefined);
  } while (await pauseFor(PAUSE_LOOK_MS, signal));
}

function shownProgress(progress: RunProgress, kind: KindName, pause: string | undefined): Progress {
  const { run, done, total } = progress;
  return {
    name: runName(run),
    noun: kindOf(kind).plural,
    done,
    total,
    course: courseText(progress, pause),
  };
}

/** What keeps the run from going on, or how fast it goes; then what has failed. */
export function courseText(progress: RunProgress, pause: string | undefined): string {
  const { outcomes, workers, ratePerSecond, etaMs } = progress;
  const failed = countFailed(outcomes);
  const parts: string[] = [];
  if (pause !== undefined) parts.push(pause);
  else if (workers === 0) parts.push('no worker connected');
  else if (ratePerSecond !== undefined) {
    parts.push(formatRate(ratePerSecond));
    if (etaMs !== undefined && etaMs >= 1000) parts.push(`${roughDuration(etaMs)} left`);
  }
  if (failed > 0) parts.push(`${formatCount(failed)} failed`);
  return parts.join(', ');
}
