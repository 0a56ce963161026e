/** The command `compare`: measures, writes the files, says what came out. */

import type { RunPlan } from '../../producer/plan.js';
import { CommandError, EXIT, type ExitCode } from '../../shared/base/errors.js';
import type { KindName } from '../../shared/kinds/kinds.js';
import { queueOf } from '../../shared/queues/queue.js';
import { readSiteState } from '../../shared/queues/site-state.js';
import { formatSpeedUp } from '../../shared/report/format.js';
import { openPlan } from '../run-plan.js';
import { failuresOf } from '../run-text.js';
import type { RedisAccess, Session } from '../session.js';
import { noteProblem } from '../terminal.js';
import { comparisonFilesIn, makeComparisonDirectory, writeComparisonFiles } from './files.js';
import { requireConnectedWorkers, requireIdleQueues } from './idle-queues.js';
import { compareRuns, type ComparisonResult, type MeasuredWorkers } from './measure.js';
import { LocalWorkers } from './local-workers.js';
import { buildComparisonReport, type ComparisonReport } from './report.js';
import {
  type CompareFlags,
  type CompareRequest,
  compareRequestOf,
  requireAgreement,
} from './request.js';
import { StepDisplay } from './step-display.js';
import { bestOf, comparisonText, subjectOf } from './text.js';

/** Compares what was typed, one at a time and many at a time. */
export async function compare(session: Session, flags: CompareFlags): Promise<ExitCode> {
  const request = compareRequestOf(flags);
  const plan = await openPlan(session, request.request);
  const site = session.configuration.sites[plan.run.kind];
  const extent = {
    jobs: plan.run.total,
    passes: request.passes,
    steps: request.concurrencies.length,
  };
  requireAgreement(site, extent, request.agreed);
  const report = await measure(session, request, plan);
  printComparison(session, report, request.json);
  return exitCodeOf(session, report, request.minSpeedUp);
}

/** Prints the document, or what a person reads. */
export function printComparison(session: Session, report: ComparisonReport, json: boolean): void {
  const { terminal } = session;
  if (json) {
    terminal.printJson(report);
    return;
  }
  const style = {
    width: terminal.dataWidth,
    plain: process.env['TERM'] === 'dumb',
    strong: (text: string) => terminal.styleData('bold', text),
  };
  terminal.note('');
  for (const line of comparisonText(report, style)) terminal.print(line);
}

/** A comparison that has measured something, with the rate of the site while it did. */
export async function finishComparison(
  { connection }: RedisAccess,
  { measured, interruption }: ComparisonResult,
  facts: {
    readonly kind: KindName;
    readonly startedAtMs: number;
    readonly passes: number;
    readonly workers: MeasuredWorkers['type'];
    readonly directory: string;
  },
): Promise<ComparisonReport> {
  const [first, ...others] = measured;
  if (first === undefined) {
    throw new CommandError(
      EXIT.jobFailed,
      `Nothing was measured: ${interruption ?? 'no run was made'}`,
    );
  }
  const { intervalMs } = await readSiteState(connection, facts.kind);
  const report = buildComparisonReport([first, ...others], {
    ...facts,
    ratePerSecond: intervalMs === undefined ? undefined : 1000 / intervalMs,
    interruption,
    files: comparisonFilesIn(facts.directory),
  });
  return writeComparisonFiles(connection, report);
}

async function measure(
  session: Session,
  request: CompareRequest,
  plan: RunPlan,
): Promise<ComparisonReport> {
  const redis = await session.redis();
  const { connection, clock } = redis;
  const { kind } = plan.run;
  const { passes } = request;
  const concurrencies = request.useWorkers
    ? await connectedConcurrency(redis, kind)
    : request.concurrencies;
  if (!request.useWorkers) await requireIdleQueues(connection, kind);
  const directory = await makeComparisonDirectory(connection, session.configuration.dataDir);
  const workers: MeasuredWorkers = request.useWorkers
    ? CONNECTED
    : localWorkers(session, redis, kind, directory);
  const startedAtMs = clock.now();
  session.terminal.note(`Comparing ${subjectOf({ ...plan.run, jobs: plan.run.total })}`);
  const result = await compareRuns({
    connection,
    signal: session.signal,
    plan,
    concurrencies,
    passes,
    warmUp: undefined,
    workers,
    watch: new StepDisplay({ terminal: session.terminal, kind, passes }),
  });
  return finishComparison(redis, result, {
    kind,
    startedAtMs,
    passes,
    workers: workers.type,
    directory,
  });
}

/** Workers that are there already need no making ready. */
const CONNECTED: MeasuredWorkers = { type: 'connected', ready: () => Promise.resolve() };

function localWorkers(
  session: Session,
  { address }: RedisAccess,
  kind: KindName,
  directory: string,
): LocalWorkers {
  const { configuration } = session;
  const workers = new LocalWorkers({
    kind,
    configuration,
    sites: configuration.sites,
    address,
    directory,
  });
  session.defer(() => workers.stop());
  return workers;
}

async function connectedConcurrency(
  { connection }: RedisAccess,
  kind: KindName,
): Promise<readonly [number]> {
  const workers = await requireConnectedWorkers(connection, kind);
  const queue = queueOf(kind, false).name;
  return [workers.reduce((sum, { queues }) => sum + (queues[queue] ?? 0), 0)];
}

function exitCodeOf(
  session: Session,
  report: ComparisonReport,
  minSpeedUp: number | undefined,
): ExitCode {
  const failures = report.reports.reduce((sum, one) => sum + failuresOf(one), 0);
  if (report.interruption !== null || failures > 0) return EXIT.jobFailed;
  const speedUp = bestOf(report.steps)?.speedUp;
  if (minSpeedUp === undefined || (speedUp !== undefined && speedUp >= minSpeedUp)) return EXIT.ok;
  const found = speedUp === undefined ? 'there is none' : `it is ${formatSpeedUp(speedUp)}`;
  noteProblem(`The speed-up is below the ${minSpeedUp}× asked for: ${found}`, session.terminal);
  return EXIT.belowMinimum;
}
