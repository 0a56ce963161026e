/** `get KIND WORDS…`: enqueues, works and waits in one terminal, and leaves. */

import { requireSameSelection } from '../../producer/resume.js';
import { CommandError, EXIT, type ExitCode } from '../../shared/base/errors.js';
import { proposed } from '../../shared/base/proposed-command.js';
import { siteText } from '../../shared/base/safe-text.js';
import { type KindName, kindOf, kindsAskedBy } from '../../shared/kinds/kinds.js';
import { siteIdentity } from '../../shared/kinds/site.js';
import { runName } from '../../shared/queues/job.js';
import { type JobQueue, queueOf } from '../../shared/queues/queue.js';
import { formatCount } from '../../shared/report/format.js';
import type { Run } from '../../shared/runs/run.js';
import { readTally } from '../../shared/runs/tally.js';
import { placeOf } from '../../shared/store/open-store.js';
import { Worker } from '../../worker/worker.js';
import {
  concurrencyOf,
  intervalsOf,
  KINDS_TEXT,
  requireDuration,
  requireRunWord,
} from '../arguments.js';
import {
  type CommonCommand,
  type Execute,
  type OptionsOf,
  repeatable,
  withExamples,
} from '../command.js';
import type { Configuration } from '../configuration.js';
import { waitAndReportAll } from '../run-waiting.js';
import type { Session } from '../session.js';
import { SETTINGS } from '../settings.js';
import { newWorkerId, workerOptions } from '../work-plan.js';
import {
  addRest,
  addRun,
  nothingToDo,
  PICTURES_SUMMARY,
  readInput,
  readPlan,
  requestOf,
  type RequestFlags,
  withPictures,
} from './enqueue.js';

/** Gives `get` its arguments, options and action. */
export function defineGet(command: CommonCommand, execute: Execute): void {
  declareGet(command).action(async (kind, words, options) => {
    const { data: dataDir, out: outDir, concurrency, rate: rates } = options;
    const settings = { dataDir, outDir, concurrency, rates };
    await execute(settings, (session) => get(session, { kind, words, ...options }));
  });
}

function declareGet(command: CommonCommand) {
  return withExamples(command, [
    ['get comics 1-50', 'fetch what is not there yet, and leave'],
    ['get comics 1-50 -c 10', '10 at once'],
    ['get comics 1-50 --pictures', 'their pictures, too'],
    ['get comics 1-50 --rate 5/s', 'at most five requests a second'],
    ['get comics --input ids.txt --out comics', 'one a line, # for comments; - reads stdin'],
    ['get searches Yash "Your Name"', 'the result pages of search terms'],
    ['get --resume run-7', 'go on with one that was stopped'],
  ])
    .argument('[kind]', `one of ${KINDS_TEXT}`)
    .argument('[words...]', 'inputs of the kind, such as 1-200 for comics')
    .option('-c, --concurrency <n>', "jobs at once: a number or auto (default: the kind's own)")
    .option('--rate <rate>', 'at most so many requests, such as 10/s')
    .option('--input <file>', 'read words from a file too, repeatable; - is stdin', repeatable)
    .option('--out <place>', `${SETTINGS.outDir.summary} (default: ${SETTINGS.outDir.otherwise})`)
    .option('--pictures', PICTURES_SUMMARY)
    .option('--refetch', 'fetch even what is there already')
    .option('--attempts <n>', 'how often a job is tried before it fails (default: 5)')
    .option('--front', 'put the jobs ahead of those that wait already')
    .option(
      '--name <name>',
      'a name for the run, such as nightly, by which wait, status and others know it',
    )
    .option('--timeout <time>', 'stop after this long, such as 90s or 10m')
    .option('--resume <run>', 'continue a run that was stopped');
}

type GetFlags = RequestFlags & OptionsOf<typeof declareGet>;

/** Opens the worker before anything is queued: where results cannot be written, no run is made. */
async function get(session: Session, flags: GetFlags): Promise<ExitCode> {
  const { timeout } = flags;
  const timeoutMs = timeout === undefined ? undefined : requireDuration('--timeout', timeout);
  const request = await readRequest(session, flags);
  if (request === undefined) return nothingToDo(session, flags.json === true);
  const worker = await openWorker(session, request.queues);
  await worker.start();
  const runs = await request.add();
  const { signal, terminal } = session;
  session.onForce(() => {
    for (const { number } of runs) terminal.note(`Go on with: ${goOnCommand(number, flags)}`);
  });
  try {
    const options = { timeoutMs, json: flags.json === true };
    const exitCode = await waitAndReportAll(session, runs, options);
    for (const { kind } of runs) noteResults(session, kind);
    return exitCode;
  } catch (error) {
    const timedOut = error instanceof CommandError && error.exitCode === EXIT.timedOut;
    if (!signal.aborted && !timedOut) throw error;
    const hurry = timedOut ? '' : ' A second Ctrl-C stops now.';
    terminal.note(`Stopping: finishing what is in flight.${hurry}`);
    await worker.stop();
    throw await stoppedEarly(session, runs, { flags, timedOut, cause: error });
  }
}

interface GetRequest {
  readonly queues: readonly JobQueue[];
  /** Adds the jobs that are to be added, and says so. */
  add(): Promise<readonly Run[]>;
}

async function readRequest(session: Session, flags: GetFlags): Promise<GetRequest | undefined> {
  if (flags.resume !== undefined) return readResumed(session, flags.resume, flags);
  const plan = await readInput(session, requestOf(flags, 'get'));
  if (plan === undefined) return undefined;
  const plans = await withPictures(session, plan, flags);
  return {
    queues: plans.map(({ run: { kind, baseline } }) => queueOf(kind, baseline)),
    add: async () => {
      const runs: Run[] = [];
      for (const one of plans) runs.push((await addRun(session, one)).run);
      return runs;
    },
  };
}

/** A run whose jobs are all added is only worked; of another, the rest is added first. */
async function readResumed(session: Session, name: string, flags: GetFlags): Promise<GetRequest> {
  requireRunWord(name);
  const plan = flags.kind === undefined ? undefined : await readPlan(session, requestOf(flags));
  const run = await session.run(name);
  requireOwnSite(run, session.configuration);
  const complete = run.state !== 'open' && run.state !== 'abandoned';
  if (plan !== undefined) requireSameSelection(plan, run);
  return {
    queues: [run.queue],
    add: async () => [complete ? run : (await addRest(session, run, plan)).run],
  };
}

/** Its jobs would stay where they are. */
function requireOwnSite({ number, kind, site }: Run, { sites }: Configuration): void {
  const own = siteIdentity(sites[kind]?.url ?? '');
  if (site === own) return;
  throw new CommandError(
    EXIT.usage,
    `Cannot go on with ${runName(number)} here: it asks ${siteText(site)}, and this terminal is set to ask ${siteText(own)}. Set ${kindOf(kind).site?.urlVariable ?? 'the site'} to the former`,
  );
}

/** The worker of this command, stopped by the session where nothing else does. */
async function openWorker(session: Session, queues: readonly JobQueue[]): Promise<Worker> {
  const { configuration, outDir, logger } = session;
  const { address } = await session.redis();
  await session.traceJobs();
  const kinds = queues.map(({ kind }) => kind);
  const atOnce = concurrencyOf(configuration.concurrency, kinds);
  const worker = await Worker.open(
    workerOptions(configuration, {
      id: newWorkerId(),
      address,
      queues: new Map(
        queues.map((queue) => [queue, queue.baseline ? 1 : (atOnce.get(queue.kind) ?? 1)]),
      ),
      intervalsMs: intervalsOf(configuration.rates, kinds.flatMap(kindsAskedBy)),
      out: outDir,
      // What it logs at `info` would stand between the lines of the progress.
      logger: configuration.logLevel === 'info' ? logger.child({}, { level: 'warn' }) : logger,
    }),
  );
  session.defer(() => worker.stop());
  return worker;
}

interface Stop {
  readonly flags: GetFlags;
  readonly timedOut: boolean;
  readonly cause: unknown;
}

async function stoppedEarly(
  session: Session,
  runs: readonly Run[],
  { flags, timedOut, cause }: Stop,
): Promise<CommandError> {
  const { connection } = await session.redis();
  const courses = await Promise.all(
    runs.map(async ({ number, total }) => {
      const { ended } = await readTally(connection, number);
      return { number, ended, total };
    }),
  );
  const unfinished = courses.filter(({ ended, total }) => ended < total);
  const texts = (unfinished.length === 0 ? courses : unfinished).map(({ number, ended, total }) => {
    const name = runName(number);
    const done = `${formatCount(ended)} of ${formatCount(total)} jobs are done`;
    const why = timedOut
      ? `${name} has not ended within --timeout ${flags.timeout ?? ''}`
      : `Stopped before the end of ${name}`;
    return `${why}: ${done}. Go on with: ${goOnCommand(number, flags)}`;
  });
  return new CommandError(
    cause instanceof CommandError ? cause.exitCode : EXIT.interrupted,
    texts.join('\n'),
    { cause },
  );
}

/** The same place, and no faster: what the worker of this command was told, its next one must be, too. */
function goOnCommand(run: number, { out, concurrency, rate }: GetFlags): string {
  const told = Object.entries({ '--out': out, '-c': concurrency, '--rate': rate });
  const words = told.flatMap(([flag, value]) => (value === undefined ? [] : [flag, value]));
  return proposed('get', '--resume', runName(run), ...words);
}

function noteResults({ outDir, terminal }: Session, kind: KindName): void {
  const { plural, site } = kindOf(kind);
  if (site !== undefined) terminal.note(`Results: ${placeOf(outDir, plural)}`);
}
