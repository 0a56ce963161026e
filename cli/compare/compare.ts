/** The command `compare`: measures, writes the files, says what came out. */

import type { RunPlan } from '../../producer/plan.js';
import { CommandError, EXIT, type ExitCode } from '../../shared/base/errors.js';
import type { KindName } from '../../shared/kinds/kinds.js';
import { laneOf } from '../../shared/queues/lane.js';
import { readSiteState } from '../../shared/queues/site-state.js';
import { formatSpeedUp } from '../../shared/report/format.js';
import { withPlan } from '../run-plan.js';
import { failuresOf } from '../run-text.js';
import type { RedisAccess, Session } from '../session.js';
import { noteProblem } from '../terminal.js';
import { comparisonFilesIn, makeComparisonDirectory, writeComparisonFiles } from './files.js';
import { requireConnectedWorkers, requireIdleLanes } from './idle-lanes.js';
import { compareRuns, type ComparisonResult, type Crew } from './measure.js';
import { OwnCrew } from './own-worker.js';
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
  const report = await withPlan(session, request.request, async (plan) => {
    const site = session.configuration.sites[plan.run.kind];
    const extent = {
      jobs: plan.run.total,
      passes: request.passes,
      steps: request.concurrencies.length,
    };
    requireAgreement(site, extent, request.agreed);
    return measure(session, request, plan);
  });
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
    readonly workers: Crew['type'];
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
  if (!request.useWorkers) await requireIdleLanes(connection, kind);
  const directory = await makeComparisonDirectory(connection, session.configuration.dataDir);
  const crew = request.useWorkers ? CONNECTED : ownCrew(session, redis, kind, directory);
  const startedAtMs = clock.now();
  session.terminal.note(`Comparing ${subjectOf({ ...plan.run, jobs: plan.run.total })}`);
  const result = await compareRuns({
    connection,
    signal: session.signal,
    plan,
    concurrencies,
    passes,
    warmUp: undefined,
    crew,
    watch: new StepDisplay({ terminal: session.terminal, kind, passes }),
  });
  return finishComparison(redis, result, {
    kind,
    startedAtMs,
    passes,
    workers: crew.type,
    directory,
  });
}

/** Workers that are there already need no making ready. */
const CONNECTED: Crew = { type: 'connected', ready: () => Promise.resolve() };

function ownCrew(
  session: Session,
  { address }: RedisAccess,
  kind: KindName,
  directory: string,
): OwnCrew {
  const { configuration } = session;
  const crew = new OwnCrew({ kind, configuration, sites: configuration.sites, address, directory });
  session.defer(() => crew.stop());
  return crew;
}

async function connectedConcurrency(
  { connection }: RedisAccess,
  kind: KindName,
): Promise<readonly [number]> {
  const workers = await requireConnectedWorkers(connection, kind);
  const lane = laneOf(kind, false).name;
  return [workers.reduce((sum, { lanes }) => sum + (lanes[lane] ?? 0), 0)];
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
