/** Waits for a run as a person sees it: progress, then the report. */

import { type RunProgress, waitForRun } from '../producer/wait.js';
import { CommandError, EXIT, type ExitCode } from '../shared/base/errors.js';
import { countFailed } from '../shared/base/outcome.js';
import { proposed } from '../shared/base/proposed-command.js';
import { type KindName, kindOf } from '../shared/kinds/kinds.js';
import { runName } from '../shared/queues/job.js';
import { formatCount, formatRate, formatRoughDuration } from '../shared/report/format.js';
import { type Standstill, standstillLine } from '../shared/report/standstill.js';
import { openProgress } from './progress.js';
import { failuresOf, reportLines, runDocument } from './run-text.js';
import { asRedisTrouble, rideOver, type Session } from './session.js';
import type { Terminal } from './terminal.js';

/** Shorter pauses are shown beside the progress alone. */
const PAUSE_NOTED_MS = 10_000;

export interface WaitOptions {
  readonly timeoutMs: number | undefined;
  /** When that time began, by `performance.now()`; now by default. */
  readonly startMs?: number | undefined;
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
  { timeoutMs, startMs, json }: WaitOptions,
): Promise<ExitCode> {
  const { terminal, signal } = session;
  const { connection } = await session.redis();
  const name = runName(number);
  const noun = kindOf(kind).plural;
  const display = openProgress(session);
  const notes = new StandstillNotes(terminal);
  const onProgress = (progress: RunProgress): void => {
    const { done, total, standstills } = progress;
    notes.show(name, standstills);
    display.show({ name, noun, done, total, course: courseText(progress) });
  };
  const attempt = rideOver(session, timeoutMs);
  const options = { signal, timeoutMs, startMs, onProgress, attempt };
  const report = await waitForRun(connection, number, options).catch((error: unknown) => {
    throw withNextStep(error, name);
  });
  display.end();
  if (json) terminal.printJson(runDocument(report));
  else for (const line of reportLines(report, { plain: terminal.isPlain })) terminal.print(line);
  return failuresOf(report) === 0 && report.ended === report.queued ? EXIT.ok : EXIT.jobFailed;
}

/**
 * Waits for runs that are worked at the same time, and prints their reports in order.
 *
 * @returns the exit code of the first that failed, else 0.
 * @throws CommandError as {@link waitAndReport}, when all of them are not over in time.
 */
export async function waitAndReportAll(
  session: Session,
  runs: readonly { readonly number: number; readonly kind: KindName }[],
  options: WaitOptions,
): Promise<ExitCode> {
  const startMs = performance.now();
  let exitCode: ExitCode = EXIT.ok;
  for (const run of runs) {
    const code = await waitAndReport(session, run, { ...options, startMs });
    if (exitCode === EXIT.ok) exitCode = code;
  }
  return exitCode;
}

/** What holds the run up, or how fast it goes; then what has failed. */
export function courseText({ outcomes, ratePerSecond, etaMs, standstills }: RunProgress): string {
  const failed = countFailed(outcomes);
  const parts = standstills.map(({ brief }) => brief);
  if (ratePerSecond !== undefined) {
    parts.push(formatRate(ratePerSecond));
    if (etaMs !== undefined && etaMs >= 1000) parts.push(`${formatRoughDuration(etaMs)} left`);
  }
  if (failed > 0) parts.push(`${formatCount(failed)} failed`);
  return parts.join(', ');
}

/** Says each thing that keeps a run from getting on once, above its progress, with what ends it. */
export class StandstillNotes {
  readonly #terminal: Pick<Terminal, 'note'>;
  #said: ReadonlySet<Standstill['why']> = new Set();

  constructor(terminal: Pick<Terminal, 'note'>) {
    this.#terminal = terminal;
  }

  show(run: string, standstills: readonly Standstill[]): void {
    for (const standstill of standstills) {
      const { why, endsInMs } = standstill;
      // That jobs are tried again in a moment is in the line of the progress: no note of it.
      if (why === 'retrying' || this.#said.has(why)) continue;
      if ((endsInMs ?? PAUSE_NOTED_MS) < PAUSE_NOTED_MS) continue;
      this.#terminal.note(`${run}: ${standstillLine(standstill)}`);
    }
    this.#said = new Set(standstills.map(({ why }) => why));
  }
}

/** Losing Redis ends the waiting, not the run: the message says so. */
function withNextStep(error: unknown, name: string): unknown {
  const trouble = asRedisTrouble(error);
  if (trouble === undefined) return error;
  const text = `${trouble.message}. ${name} goes on with it: ${proposed('wait', name)}`;
  return new CommandError(trouble.exitCode, text, { cause: error });
}
