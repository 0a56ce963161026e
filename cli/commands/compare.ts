/** `compare KIND WORDS…`: measures the same jobs one at a time, then many at a time. */

import type { RunPlan, RunRequest } from '../../producer/plan.js';
import { CommandError, EXIT, type ExitCode } from '../../shared/base/errors.js';
import { proposed } from '../../shared/base/proposed-command.js';
import { safeText, siteHost } from '../../shared/base/safe-text.js';
import { kindOf } from '../../shared/kinds/kinds.js';
import { isLocalSite, type Site } from '../../shared/kinds/site.js';
import { queueOf } from '../../shared/queues/queue.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { formatCount, formatSpeedUp } from '../../shared/report/format.js';
import { KINDS_TEXT, requireCount, requireKind } from '../arguments.js';
import {
  type CommonCommand,
  type Example,
  type Execute,
  type InputFlags,
  type OptionsOf,
  repeatable,
  withExamples,
} from '../command.js';
import { measuredRequest, printComparison, runComparison } from '../compare/compare.js';
import {
  type Export,
  exportsOf,
  requireWritable,
  STDOUT,
  writeExports,
} from '../compare/exports.js';
import { makeComparisonDirectory } from '../compare/files.js';
import { requireConnectedWorkers, requireIdleQueues } from '../compare/idle-queues.js';
import { openLocalWorkers } from '../compare/local-workers.js';
import type { MeasuredWorkers } from '../compare/measure.js';
import type { ComparisonReport } from '../compare/report.js';
import { bestOf, subjectOf } from '../compare/text.js';
import { failuresOf } from '../run-text.js';
import type { Session } from '../session.js';
import { noteProblem } from '../terminal.js';
import { readPlan } from './enqueue.js';

/** Far above any knee. */
const CONCURRENCY_MAX = 10_000;

/** A day of passes of ten seconds. */
const PASSES_MAX = 10_000;

const EXAMPLES: readonly Example[] = [
  ['compare comics 1-200 -c 50', 'one at a time, then 50 at a time'],
  ['compare comics 1-200 -c 50 --repeat 5', 'five times each: the median, and its range'],
  ['compare comics 1-200 --sweep 1,2,5,10,20,50', 'where more at a time stops helping'],
  ['compare sleeps 1 2 3 -c 3', 'about 6 s one at a time, 3 s together'],
  ['compare comics 1-200 -c 50 --min-speedup 30', 'exit 99 when it is less'],
  ['compare comics 1-200 --use-workers', 'measure the workers that are connected'],
  ['compare comics 1-200 --export-csv rates.csv', 'the figures for a spreadsheet; - is stdout'],
];

/** How messages name one of the numbers of the list. */
const SWEEP = 'Each number of --sweep';

/** Gives `compare` its arguments, options and action. */
export function defineCompare(command: CommonCommand, execute: Execute): void {
  declareCompare(command).action(async (kind, words, options) => {
    await execute({ dataDir: options.data }, (session) =>
      compare(session, { kind, words, ...options }),
    );
  });
}

function declareCompare(command: CommonCommand) {
  return withExamples(command, EXAMPLES)
    .argument('[kind]', `one of ${KINDS_TEXT}`)
    .argument('[words...]', 'inputs of the kind, such as 1-200 for comics; always fetched')
    .option('--input <file>', 'read words from a file too, repeatable; - is stdin', repeatable)
    .option('-c, --concurrency <n>', "jobs at a time (default: the kind's own)")
    .option('--sweep <list>', 'several of them, such as 1,2,5,10,20,50')
    .option('--repeat <n>', 'how many times to measure each; the median counts (default: 1)')
    .option('--min-speedup <x>', 'exit 99 when the speed-up is below')
    .option('--no-warm-up', 'leave out the first run, which is not measured')
    .option('--export-csv <file>', 'write the figures as CSV; - is stdout')
    .option('--export-markdown <file>', 'write the table as Markdown; - is stdout')
    .option('--use-workers', 'measure connected workers instead of one of its own')
    .option('--yes', 'agree to the number of requests of a sweep or a repeat');
}

type CompareFlags = InputFlags & Partial<OptionsOf<typeof declareCompare>>;

async function compare(session: Session, flags: CompareFlags): Promise<ExitCode> {
  const request = compareRequestOf(flags);
  const { passes, useWorkers, exports } = request;
  const { kind } = request.run;
  await requireWritable(exports);
  const plan = await readPlan(session, request.run);
  const jobs = plan.run.total;
  const warmUp = request.warmUp && plan.run.site !== '' ? plan : undefined;
  const steps = request.concurrencies.length;
  const extent = { jobs, passes, steps, warmUp: warmUp !== undefined };
  requireAgreement(session.configuration.sites[kind], extent, request.agreed);
  const { connection } = await session.redis();
  const concurrencies = useWorkers
    ? await connectedConcurrency(connection, plan.run)
    : request.concurrencies;
  if (!useWorkers) await requireIdleQueues(connection, kind);
  const directory = await makeComparisonDirectory(connection, session.configuration.dataDir);
  const { sites } = session.configuration;
  const workers = useWorkers
    ? CONNECTED
    : await openLocalWorkers(session, { kind, sites, directory });
  session.terminal.note(`Comparing ${subjectOf({ ...plan.run, jobs })}`);
  const options = { plan, warmUp, concurrencies, passes, workers, directory };
  const report = await runComparison(session, options);
  const exported = exports.some(({ path }) => path === STDOUT);
  printComparison(session, report, { json: request.json, exported });
  await writeExports(session.terminal, report, exports);
  return exitCodeOf(session, report, request.minSpeedUp);
}

export interface CompareRequest {
  readonly run: RunRequest;
  /** Jobs at a time, in the order to be measured; with connected workers, theirs. */
  readonly concurrencies: readonly [number, ...number[]];
  readonly passes: number;
  /** Whether a run goes first that is not measured, where jobs fetch anything. */
  readonly warmUp: boolean;
  readonly exports: readonly Export[];
  readonly minSpeedUp: number | undefined;
  readonly useWorkers: boolean;
  /** Whether a person has agreed to the number of requests. */
  readonly agreed: boolean;
  readonly json: boolean;
}

/** @throws CommandError (usage) that names the option. */
export function compareRequestOf(flags: CompareFlags): CompareRequest {
  if (flags.kind === undefined) {
    throw usage(
      `Say what to compare, as in: ${proposed('compare', 'comics', '1-200', '-c', '50')}`,
    );
  }
  const kind = requireKind(flags.kind);
  if (flags.concurrency !== undefined && flags.sweep !== undefined) {
    throw usage('--concurrency and --sweep exclude each other: give one of them');
  }
  if (flags.useWorkers === true && (flags.concurrency ?? flags.sweep) !== undefined) {
    throw usage(
      '--use-workers measures at the concurrency the workers have: leave -c and --sweep out',
    );
  }
  return {
    run: measuredRequest(kind, flags.words, flags.input),
    concurrencies: concurrenciesOf(flags, kindOf(kind).defaultConcurrency),
    passes: requireCount('--repeat', flags.repeat ?? '1', { min: 1, max: PASSES_MAX }),
    warmUp: flags.warmUp !== false,
    exports: exportsOf(flags),
    minSpeedUp: flags.minSpeedup === undefined ? undefined : speedUpOf(flags.minSpeedup),
    useWorkers: flags.useWorkers === true,
    agreed: flags.yes === true,
    json: flags.json === true,
  };
}

function concurrenciesOf(
  { concurrency, sweep }: CompareFlags,
  fallback: number,
): readonly [number, ...number[]] {
  const bounds = { min: 1, max: CONCURRENCY_MAX };
  if (sweep === undefined) {
    return [requireCount('--concurrency', concurrency ?? String(fallback), bounds)];
  }
  const counts = sweep.split(',').map((text) => requireCount(SWEEP, text.trim(), bounds));
  const [first, ...others] = [...new Set(counts)].toSorted((a, b) => a - b);
  if (first === undefined) throw usage('--sweep needs at least one number');
  return [first, ...others];
}

function speedUpOf(text: string): number {
  const speedUp = Number(text);
  if (/^\d{1,6}(?:\.\d{1,6})?$/.test(text) && speedUp > 0) return speedUp;
  throw usage(`--min-speedup must be a number such as 30 or 2.5, got "${safeText(text, 60)}"`);
}

function usage(message: string): CommandError {
  return new CommandError(EXIT.usage, message);
}

/** How much a comparison asks of a site. */
export interface Extent {
  readonly jobs: number;
  readonly passes: number;
  /** How many concurrencies are measured besides the baseline. */
  readonly steps: number;
  readonly warmUp: boolean;
}

/** Requests that a comparison makes if no job is tried twice. */
export function requestsOf(extent: Extent): number {
  return extent.jobs * runsOf(extent);
}

function runsOf({ passes, steps, warmUp }: Extent): number {
  return passes * (steps + 1) + (warmUp ? 1 : 0);
}

/**
 * One pass, two runs over the jobs after a warm-up, needs no agreement. More does, where the site is
 * not on this machine.
 *
 * @throws CommandError (usage) that names the number of requests.
 */
export function requireAgreement(site: Site | undefined, extent: Extent, agreed: boolean): void {
  const { passes, steps } = extent;
  if (agreed || passes * (steps + 1) <= 2 || site === undefined || isLocalSite(site)) return;
  throw usage(
    `This would ask ${siteHost(site.url)} ${formatCount(requestsOf(extent))} times (${formatCount(extent.jobs)} jobs, ${runsOf(extent)} runs). ` +
      'Add --yes if that is all right with you and the site; the command rate keeps it polite',
  );
}

/** Connected workers are ready as they are. */
const CONNECTED: MeasuredWorkers = { type: 'connected', ready: () => Promise.resolve() };

async function connectedConcurrency(
  connection: RedisConnection,
  { kind, site }: RunPlan['run'],
): Promise<readonly [number]> {
  const workers = await requireConnectedWorkers(connection, kind, site);
  const queue = queueOf(kind, false).name;
  return [workers.reduce((sum, { queues }) => sum + (queues[queue] ?? 0), 0)];
}

function exitCodeOf(
  { terminal }: Session,
  { reports, steps, interruption }: ComparisonReport,
  minSpeedUp: number | undefined,
): ExitCode {
  if (interruption !== null || reports.some((one) => failuresOf(one) > 0)) return EXIT.jobFailed;
  const speedUp = bestOf(steps)?.speedUp;
  if (minSpeedUp === undefined || (speedUp !== undefined && speedUp >= minSpeedUp)) return EXIT.ok;
  const found = speedUp === undefined ? 'there is none' : `it is ${formatSpeedUp(speedUp)}`;
  noteProblem(`The speed-up is below the ${minSpeedUp}× asked for: ${found}`, terminal);
  return EXIT.belowMinimum;
}
