/** What `compare` and `demo` share: measure, report, write the files, print. */

import type { RunPlan, RunRequest } from '../../producer/plan.js';
import { CommandError, EXIT } from '../../shared/base/errors.js';
import { proposed } from '../../shared/base/proposed-command.js';
import type { KindName } from '../../shared/kinds/kinds.js';
import { ATTEMPTS_DEFAULT } from '../../shared/queues/job.js';
import { readSiteState } from '../../shared/queues/site-state.js';
import type { Session } from '../session.js';
import { noteWarning } from '../terminal.js';
import { comparisonText, StepDisplay } from './display.js';
import { comparisonFilesIn, writeComparisonFiles } from './files.js';
import { compareRuns, type MeasuredWorkers } from './measure.js';
import { buildComparisonReport, type ComparisonReport } from './report.js';
import { outlierRemarks } from './text.js';

/** The request of runs that are measured: always fetched, each job once. */
export function measuredRequest(
  kind: KindName,
  words: readonly string[],
  inputFiles: readonly string[] = [],
): RunRequest {
  return {
    kind,
    words,
    inputFiles,
    baseline: false,
    refetch: true,
    times: 1,
    attempts: ATTEMPTS_DEFAULT,
  };
}

export interface ComparisonOptions {
  readonly plan: RunPlan;
  /** A run at the highest concurrency that goes first and is not measured, where there is to be one. */
  readonly warmUp: RunPlan | undefined;
  /** Jobs at a time, in the order to be measured. */
  readonly concurrencies: readonly [number, ...number[]];
  readonly passes: number;
  readonly workers: MeasuredWorkers;
  /** Where the files of the comparison go. */
  readonly directory: string;
}

/**
 * Measures the runs and writes the files of their comparison.
 *
 * @throws CommandError (job failed) when it ended before anything was measured; (cannot write).
 */
export async function runComparison(
  session: Session,
  { plan, warmUp, concurrencies, passes, workers, directory }: ComparisonOptions,
): Promise<ComparisonReport> {
  const { connection, clock } = await session.redis();
  const { kind } = plan.run;
  const startedAtMs = clock.now();
  const { signal } = session;
  const { measured, interruption } = await compareRuns(
    { plan, warmUp, concurrencies, passes },
    { connection, signal, workers, watch: new StepDisplay(session, { kind, passes }) },
  ).catch((error: unknown) => {
    // An end of its own, which it would otherwise leave without a word.
    throw signal.reason instanceof CommandError ? stopped(signal.reason) : error;
  });
  const [first, ...others] = measured;
  if (first === undefined) {
    const fact = interruption ?? 'no run was made';
    throw new CommandError(EXIT.jobFailed, `Nothing was measured: ${fact}`);
  }
  const { intervalMs } = await readSiteState(connection, kind);
  const report = buildComparisonReport([first, ...others], {
    startedAtMs,
    passes,
    warmUp: warmUp !== undefined,
    workers: workers.type,
    ratePerSecond: intervalMs === undefined ? undefined : 1000 / intervalMs,
    interruption,
    files: comparisonFilesIn(directory),
  });
  return writeComparisonFiles(connection, report);
}

/** The run under way has been cancelled by then. */
function stopped({ exitCode }: CommandError): CommandError {
  return new CommandError(
    exitCode,
    `Stopped before there was a comparison: the run under way is cancelled. The runs before it: ${proposed('runs')}`,
  );
}

/**
 * Prints a comparison: the document, or what a person reads. Where an export takes stdout, a person
 * reads it on stderr.
 */
export function printComparison(
  { terminal }: Session,
  report: ComparisonReport,
  { json, exported = false }: { readonly json: boolean; readonly exported?: boolean },
): void {
  if (json) {
    for (const remark of outlierRemarks(report)) noteWarning(remark, terminal);
    terminal.printJson(report);
    return;
  }
  const style = {
    width: exported ? terminal.noteWidth : terminal.dataWidth,
    plain: process.env['TERM'] === 'dumb',
    strong: (text: string) =>
      exported ? terminal.styleNote('bold', text) : terminal.styleData('bold', text),
  };
  terminal.note('');
  for (const line of comparisonText(report, style)) {
    if (exported) terminal.note(line);
    else terminal.print(line);
  }
}
