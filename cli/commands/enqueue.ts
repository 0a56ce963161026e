/** `enqueue KIND WORDS…`: makes a run of what was typed. */

import {
  type AddingProgress,
  type EnqueueOptions,
  type Enqueued,
  enqueueRun,
} from '../../producer/enqueue.js';
import { fetchLatest } from '../../producer/latest.js';
import {
  EmptySelectionError,
  planRun,
  type RunPlan,
  type RunRequest,
} from '../../producer/plan.js';
import { resumeRun } from '../../producer/resume.js';
import { CommandError, EXIT, type ExitCode } from '../../shared/base/errors.js';
import { proposed } from '../../shared/base/proposed-command.js';
import { siteText } from '../../shared/base/safe-text.js';
import { KIND_NAMES, type KindName, kindOf, recordKindOf } from '../../shared/kinds/kinds.js';
import { mixedSitesText, proposedWorker, type Sites } from '../../shared/kinds/site.js';
import { isWorkerOf, listWorkers } from '../../shared/queues/heartbeat.js';
import { ATTEMPTS_DEFAULT, ATTEMPTS_MAX, RUN_JOBS_MAX, runName } from '../../shared/queues/job.js';
import { queueOf } from '../../shared/queues/queue.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { formatCount } from '../../shared/report/format.js';
import { readReport } from '../../shared/report/read-report.js';
import type { Run } from '../../shared/runs/run.js';
import { requireRun } from '../../shared/runs/run-store.js';
import {
  KINDS_TEXT,
  requireCount,
  requireDuration,
  requireKind,
  requireRunWord,
  requireTitle,
} from '../arguments.js';
import {
  type CommonCommand,
  type Example,
  type Execute,
  type InputFlags,
  type OptionsOf,
  repeatable,
  withExamples,
} from '../command.js';
import { openProgress, type ProgressDisplay } from '../progress.js';
import { countsText, jobsText, runDocument } from '../run-text.js';
import { waitAndReportAll } from '../run-waiting.js';
import { rideOver, type Session } from '../session.js';
import { noteWarning } from '../terminal.js';
import { userAgentOf } from '../version.js';

const EXAMPLES: readonly Example[] = [
  ['enqueue comics 1-200 --wait', 'and show how far it is until it has ended'],
  ['enqueue comics 1-200:10 --dry-run', 'only say what would be queued'],
  ['enqueue comics --input ids.txt', 'one a line, # for comments; - reads stdin'],
  ['enqueue comics 1-200 --baseline', 'in the queue worked one at a time'],
  ['enqueue sleeps 0 --times 1000', 'each of them a thousand times'],
  ['enqueue comics 1-200 --pictures', 'their pictures too, as a run of their own'],
  ['enqueue comics 614 --front', 'before a long queue, the last one first'],
  ['enqueue comics latest --name nightly', 'with a name for the run: runs --name nightly'],
  ['enqueue --resume run-7', 'go on where its producer stopped'],
];

/** What `--pictures` does, for `get` too. */
export const PICTURES_SUMMARY = 'with comics: make a second run, of their pictures';

/** Gives `enqueue` its arguments, options and action. */
export function defineEnqueue(command: CommonCommand, execute: Execute): void {
  declareEnqueue(command).action(async (kind, words, options) => {
    await execute({ dataDir: options.data }, (session) =>
      enqueue(session, { kind, words, ...options }),
    );
  });
}

function declareEnqueue(command: CommonCommand) {
  return withExamples(command, [...kindExamples(), ...EXAMPLES])
    .argument('[kind]', `one of ${KINDS_TEXT}`)
    .argument('[words...]', 'inputs of the kind, such as 1-200 for comics')
    .option('--input <file>', 'read words from a file too, repeatable; - is stdin', repeatable)
    .option('--wait', 'wait until every job has ended, and print the report')
    .option('--timeout <time>', 'with --wait: for at most this long, such as 90s or 10m')
    .option('--pictures', PICTURES_SUMMARY)
    .option('--refetch', 'fetch even what is there already')
    .option('--baseline', 'use the queue that is worked one job at a time')
    .option('--times <n>', 'queue everything this many times (default: 1)')
    .option('--attempts <n>', 'how often a job is tried before it fails (default: 5)')
    .option('--front', 'put the jobs ahead of those that wait already')
    .option(
      '--name <name>',
      'a name for the run, such as nightly, by which wait, status and others know it',
    )
    .option('--dry-run', 'only say what would be queued')
    .option('--resume <run>', 'add the rest of a run whose producer stopped');
}

function kindExamples(): Example[] {
  return KIND_NAMES.map((name) => {
    const { plural, examples, summary } = kindOf(name);
    return [`enqueue ${plural} ${examples.join(' ')}`, summary] as const;
  });
}

/** What was typed about waiting. */
export type WaitFlags = Pick<EnqueueFlags, 'wait' | 'timeout' | 'json'>;

/** What was typed about the jobs of a run. */
export type RequestFlags = InputFlags &
  Pick<EnqueueFlags, 'pictures' | 'refetch' | 'baseline' | 'times' | 'attempts' | 'name' | 'front'>;

type EnqueueFlags = InputFlags & OptionsOf<typeof declareEnqueue>;

async function enqueue(session: Session, flags: EnqueueFlags): Promise<ExitCode> {
  const after = afterOf(flags);
  const { resume: resumed } = flags;
  // Before words are read, and a site asked for its latest.
  if (resumed !== undefined) requireRunWord(resumed);
  if (resumed !== undefined && flags.kind === undefined) {
    if (flags.dryRun === true) return showRest(session, resumed, after.json);
    return resumeEnqueuing(session, resumed, undefined, after);
  }
  const request = requestOf(flags);
  const plan = await (resumed === undefined ? readInput : readPlan)(session, request);
  if (plan === undefined) return nothingToDo(session, after.json);
  if (resumed !== undefined && flags.dryRun !== true) {
    return resumeEnqueuing(session, resumed, plan, after);
  }
  const plans = await withPictures(session, plan, flags);
  if (flags.dryRun !== true) return enqueuePlans(session, plans, after);
  for (const one of plans) showPlan(session, one, after.json);
  return EXIT.ok;
}

/** The plans of what was typed: with `--pictures`, that of the pictures too. */
export async function withPictures(
  { configuration: { sites } }: Session,
  plan: RunPlan,
  { pictures }: RequestFlags,
): Promise<readonly RunPlan[]> {
  if (pictures !== true) return [plan];
  requireMatchingSites('picture', sites);
  return [plan, await plan.ofKind('picture', sites.picture)];
}

/** @throws CommandError (badConfig) where a kind and its records would come from places that do not go together. */
export function requireMatchingSites(kind: KindName, sites: Sites): void {
  const mixed = mixedSitesText(kind, sites);
  if (mixed !== undefined) throw new CommandError(EXIT.badConfig, `Cannot queue them: ${mixed}`);
}

/** What to do with a run once it is made. */
export interface AfterEnqueue {
  readonly json: boolean;
  readonly wait: boolean;
  readonly timeoutMs: number | undefined;
}

/** @throws CommandError (usage) for a timeout that cannot be read, or without `--wait`. */
export function afterOf({ json, wait, timeout }: WaitFlags): AfterEnqueue {
  if (timeout !== undefined && wait !== true) throw usage('--timeout goes with --wait');
  return {
    json: json === true,
    wait: wait === true,
    timeoutMs: timeout === undefined ? undefined : requireDuration('--timeout', timeout),
  };
}

/** @throws CommandError (usage) for a kind or a number that cannot be read, or without a kind. */
export function requestOf(flags: RequestFlags, verb = 'enqueue'): RunRequest {
  if (flags.kind === undefined)
    throw usage(`Say what to queue, as in: ${proposed(verb, 'comics', '1-200')}`);
  const kind = requireKind(flags.kind);
  if (flags.pictures === true && kind !== 'comic') throw usage('--pictures goes with comics');
  return {
    kind,
    words: flags.words,
    inputFiles: flags.input ?? [],
    baseline: flags.baseline === true,
    refetch: flags.refetch === true,
    front: flags.front === true,
    times: requireCount('--times', flags.times ?? '1', { min: 1, max: RUN_JOBS_MAX }),
    attempts: requireCount('--attempts', flags.attempts ?? String(ATTEMPTS_DEFAULT), {
      min: 1,
      max: ATTEMPTS_MAX,
    }),
    ...(flags.name === undefined ? {} : { title: requireTitle(flags.name) }),
  };
}

function usage(message: string): CommandError {
  return new CommandError(EXIT.usage, message);
}

/**
 * Reads and checks a request whole, before Redis is opened.
 *
 * @throws CommandError as {@link planRun}.
 */
export function readPlan(session: Session, request: RunRequest): Promise<RunPlan> {
  const { configuration, signal } = session;
  const { sites, contact } = configuration;
  requireMatchingSites(request.kind, sites);
  const site = sites[request.kind];
  const latestSite = sites[recordKindOf(request.kind) ?? request.kind];
  return planRun(request, {
    site,
    latest: () => fetchLatest(latestSite, userAgentOf(contact), signal),
    stdin: process.stdin,
    signal,
  });
}

/** As {@link readPlan}; undefined where nothing was typed, and what was read from `--input` is empty. */
export async function readInput(
  session: Session,
  request: RunRequest,
): Promise<RunPlan | undefined> {
  const { words, inputFiles } = request;
  try {
    return await readPlan(session, request);
  } catch (error) {
    const isRead = words.length === 0 && inputFiles.length > 0;
    if (isRead && error instanceof EmptySelectionError) return undefined;
    throw error;
  }
}

/** Says that there is nothing to do, which is a success: `failed` of a good run has no lines. */
export function nothingToDo({ terminal }: Session, json: boolean): ExitCode {
  if (json) terminal.printJson({ queued: 0 });
  else terminal.note('Nothing to do: the input is empty.');
  return EXIT.ok;
}

function showPlan({ terminal }: Session, { run }: RunPlan, json: boolean): void {
  const { kind, asked, duplicates, total: queued, selection, digest } = run;
  const site = siteText(run.site);
  const queue = queueOf(kind, run.baseline).name;
  if (json) {
    const facts = { kind, queue, asked, duplicates, queued, selection, digest, site };
    terminal.printJson({ dryRun: true, ...facts });
  } else {
    const counts = countsText({ asked, duplicates, queued });
    terminal.print(`${counts} in ${queue} (dry run: nothing was queued)`);
  }
}

/** Says how many jobs `--resume` would add. */
async function showRest(session: Session, name: string, json: boolean): Promise<ExitCode> {
  const run = await session.run(name);
  const { number, kind, queue, total, acknowledged, state } = run;
  const isComplete = state !== 'open' && state !== 'abandoned';
  const queued = isComplete ? 0 : total - acknowledged;
  if (json) {
    session.terminal.printJson({
      dryRun: true,
      run: number,
      kind,
      queue: queue.name,
      queued,
      total,
    });
  } else {
    const counts = `${formatCount(queued)} of ${jobsText(total, kind)} left to queue in ${queue.name}`;
    session.terminal.print(`${runName(number)}: ${counts} (dry run: nothing was queued)`);
  }
  return EXIT.ok;
}

/** Adds the jobs of each plan as a new run. */
export async function enqueuePlans(
  session: Session,
  plans: readonly RunPlan[],
  after: AfterEnqueue,
): Promise<ExitCode> {
  const added: Added[] = [];
  for (const plan of plans) added.push(await addRun(session, plan));
  return finish(session, added, after);
}

/** Adds a plan's jobs as a new run, showing how far it is, and says what was queued. */
export function addRun(session: Session, plan: RunPlan): Promise<Added> {
  return add(session, plan.run.kind, (options) => enqueueRun(plan, options));
}

/** Adds what is missing of a run; `plan` is its selection, where that was typed again. */
async function resumeEnqueuing(
  session: Session,
  name: string,
  plan: RunPlan | undefined,
  after: AfterEnqueue,
): Promise<ExitCode> {
  return finish(session, [await addRest(session, await session.run(name), plan)], after);
}

/** As {@link addRun}, for what is missing of a run that is there. */
export function addRest(
  session: Session,
  { number, kind }: Run,
  plan: RunPlan | undefined,
): Promise<Added> {
  return add(session, kind, (options) => resumeRun(number, plan, options));
}

export interface Added {
  readonly run: Run;
  /** Whether it was cancelled while it was being added. */
  readonly cancelled: boolean;
}

async function add(
  session: Session,
  kind: KindName,
  producer: (options: EnqueueOptions) => Promise<Enqueued>,
): Promise<Added> {
  const { signal, terminal } = session;
  const { connection } = await session.redis();
  await session.traceJobs();
  const display = openProgress(session);
  const enqueued = await producer({
    connection,
    signal,
    onProgress: showAdded(display, kind),
    onWarning: (text) => noteWarning(text, terminal),
    attempt: rideOver(session),
  });
  display.end();
  const run = await requireRun(connection, enqueued.run);
  const { asked, duplicates } = run;
  const times = run.times > 1 ? ` (each ${formatCount(run.times)} times)` : '';
  const counts = countsText({ asked, duplicates, queued: enqueued.queued });
  terminal.note(`${runName(run.number)}: ${counts} in ${run.queue.name}${times}`);
  const cancelled = enqueued.state === 'cancelled';
  if (cancelled) terminal.note(cancelledMeanwhile(run, enqueued.queued));
  return { run, cancelled };
}

function showAdded(display: ProgressDisplay, kind: KindName): (progress: AddingProgress) => void {
  const noun = kindOf(kind).plural;
  return ({ run, queued: done, total }) =>
    display.show({ name: runName(run), noun, done, total, course: 'queued' });
}

async function finish(
  session: Session,
  added: readonly Added[],
  after: AfterEnqueue,
): Promise<ExitCode> {
  const { connection } = await session.redis();
  const { terminal } = session;
  const runs = added.map(({ run }) => run);
  if (after.wait) return waitAndReportAll(session, runs, after);
  for (const run of runs) {
    if (after.json) terminal.printJson(runDocument(await readReport(connection, run)));
    else terminal.print(runName(run.number));
  }
  if (added.some(({ cancelled }) => cancelled)) return EXIT.jobFailed;
  const steps = await Promise.all(runs.map((run) => nextSteps(connection, run)));
  for (const line of new Set(steps.flat())) terminal.note(line);
  return EXIT.ok;
}

function cancelledMeanwhile({ number, total }: Run, queued: number): string {
  return `${runName(number)} was cancelled when ${formatCount(queued)} of ${formatCount(total)} jobs were queued: none of them will be started.`;
}

async function nextSteps(connection: RedisConnection, run: Run): Promise<string[]> {
  const workers = await listWorkers(connection);
  const worked = workers.some((worker) => isWorkerOf(worker, run.queue, run.site));
  const which = workers.length === 0 || run.site === '' ? '' : ` of ${siteText(run.site)}`;
  return [
    ...(worked
      ? []
      : [`No worker${which} is connected. Start one: ${proposedWorker(run.kind, run.site)}`]),
    `Wait for it: ${proposed('wait', runName(run.number))}`,
  ];
}
