/** `work`: runs a worker until it is stopped or, with `--drain`, until its queues are empty. */

import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Option } from '@commander-js/extra-typings';
import { queueNew } from '../../producer/latest.js';
import { CommandError, EXIT, type ExitCode } from '../../shared/base/errors.js';
import { proposed } from '../../shared/base/proposed-command.js';
import { siteText } from '../../shared/base/safe-text.js';
import { pauseFor } from '../../shared/base/wait.js';
import { kindOf } from '../../shared/kinds/kinds.js';
import type { WorkerEnd } from '../../worker/drain.js';
import { Supervisor } from '../../worker/supervisor.js';
import type { LookForNew } from '../../worker/watcher.js';
import { Worker, type WorkerOptions } from '../../worker/worker.js';
import { formatInterval } from '../../shared/report/format.js';
import { type CommonCommand, type Execute, withExamples } from '../command.js';
import type { Configuration, Flags } from '../configuration.js';
import type { Session } from '../session.js';
import { SETTING_NAMES, settingOf, SETTINGS } from '../settings.js';
import { noteProblem } from '../terminal.js';
import { userAgentOf } from '../version.js';
import {
  bannerDocument,
  bannerLines,
  headline,
  readWorkPlan,
  requireAuto,
  STOP_HINT,
  workerOptions,
  type WorkPlan,
} from '../work-plan.js';

const PROGRAM = fileURLToPath(new URL('../main.js', import.meta.url));

/** How often a worker checks that its supervisor is alive. */
const PARENT_LOOK_MS = 1000;

/** A process needs this long beyond its grace period to return its jobs and exit. */
const LEAVE_MS = 8000;

function usage(): CommandError {
  return new CommandError(EXIT.usage, '-v and -q exclude each other: give one of them');
}

/** Gives `work` its options and action. */
export function defineWork(command: CommonCommand, execute: Execute): void {
  withExamples(command, [
    ['work', 'every kind, each with its own number at once'],
    ['work -c 50', '50 comics at once; searches keep their own'],
    ['work --rate comics=10/s', 'at most ten comics a second by this command'],
    ['work -c comics=50,searches=2', 'the others keep their own'],
    ['work -c auto --max-concurrency 100', 'finds out by itself how many'],
    ['work --processes 2 -c 50', 'two processes of 50 each'],
    ['work --kinds comics --drain', 'leaves when there is nothing left'],
  ])
    .option('-c, --concurrency <n>', SETTINGS.concurrency.summary)
    .option('--max-concurrency <n>', withDefault(SETTINGS.concurrencyMax))
    .option('--rate <rate>', SETTINGS.rates.summary)
    .option('--processes <n>', withDefault(SETTINGS.processes))
    .option('--kinds <kinds>', SETTINGS.kinds.summary)
    .option('--out <place>', `${SETTINGS.outDir.summary} (default: ${SETTINGS.outDir.otherwise})`)
    .option('--drain', 'leave when the queues hold nothing and no run of theirs is open')
    .option('--durability <how>', withDefault(SETTINGS.durability))
    .option('--give-up-after <time>', withDefault(SETTINGS.giveUpAfterMs))
    .option('-v, --verbose', 'log a line for each job')
    .option('-q, --quiet', 'log nothing but trouble')
    .option(
      '--log-format <how>',
      `${SETTINGS.logFormat.summary} (default: ${SETTINGS.logFormat.otherwise})`,
    )
    .addOption(new Option('--parent <pid>', 'the supervisor that started it').hideHelp())
    .action(async (options) => {
      const flags = {
        dataDir: options.data,
        outDir: options.out,
        concurrency: options.concurrency,
        concurrencyMax: options.maxConcurrency,
        rates: options.rate,
        processes: options.processes,
        kinds: options.kinds,
        durability: options.durability,
        giveUpAfterMs: options.giveUpAfter,
        logFormat: options.logFormat,
        ...(options.quiet === true ? { logLevel: 'warn' } : {}),
      };
      const verbose = options.verbose === true;
      if (verbose && options.quiet === true) throw usage();
      const { parent } = options;
      const drain = options.drain === true;
      const json = options.json === true;
      await execute(flags, (session) =>
        work(session, { flags, drain, json, parent, verbose, quiet: options.quiet === true }),
      );
    });
}

function withDefault({ summary, fallback }: { summary: string; fallback: string }): string {
  return `${summary} (default: ${fallback})`;
}

interface WorkOptions {
  /** As typed, for the processes that this one starts. */
  readonly flags: Flags;
  readonly drain: boolean;
  readonly json: boolean;
  /** A line for each job. */
  readonly verbose: boolean;
  /** Nothing but trouble. */
  readonly quiet: boolean;
  /** Process id of the supervisor that started this worker. */
  readonly parent: string | undefined;
}

async function work(session: Session, options: WorkOptions): Promise<ExitCode> {
  const { flags, json, parent } = options;
  const { configuration, terminal, outDir, logger } = session;
  const { logFormat = terminal.notesAreRead ? 'text' : 'json' } = configuration;
  const plan = readWorkPlan(configuration, outDir);
  if (flags.concurrencyMax !== undefined) requireAuto(plan);
  const isJson = logFormat === 'json' && configuration.logLevel !== 'silent';
  if (isJson) terminal.logNotes((level, text) => logger[level](text));
  const { connection } = await session.redis();
  const announce = async (): Promise<void> => {
    if (parent !== undefined) return;
    if (json) terminal.printJson(bannerDocument(plan, configuration));
    if (options.quiet) return;
    if (isJson) {
      const sentence = `${headline(plan, configuration)}. ${STOP_HINT}`;
      logger.info(bannerDocument(plan, configuration), sentence);
    } else
      for (const line of await bannerLines(plan, configuration, connection)) terminal.note(line);
  };
  const exitCode =
    configuration.processes > 1
      ? await superviseWorkers(session, plan, options, announce)
      : await runWorker(session, plan, options, announce);
  if (json && parent === undefined) terminal.printJson({ event: 'left', exitCode });
  return exitCode;
}

/** Works until the session's signal, the end of the supervisor, or the end of a drain. */
async function runWorker(
  session: Session,
  plan: WorkPlan,
  options: WorkOptions,
  announce: () => Promise<void>,
): Promise<ExitCode> {
  const { drain, parent, verbose } = options;
  const { configuration, logger, signal } = session;
  const { address } = await session.redis();
  await session.traceJobs();
  const { workerId: id, queues, outDir: out, intervalsMs } = plan;
  const own = { id, address, queues, out, intervalsMs, drain, look: lookForNew(configuration) };
  const told = { logger: logger.child({ worker: id }), ...(verbose ? { verbose } : {}) };
  const worker = await openWorker(workerOptions(configuration, { ...own, ...told }), signal);
  if (worker === undefined) return exitCodeOfStop(session, drain);
  session.defer(() => worker.stop());
  await announce();
  const ended = new AbortController();
  const end = await Promise.race([
    // Redis may go away before the worker has started: to be stopped, it need not have.
    worker.start().then(() => worker.left),
    stopped(signal),
    orphaned(parent, ended.signal),
  ]).finally(() => ended.abort());
  if (end === undefined) noteStopping(session, options);
  await worker.stop();
  return end === undefined
    ? exitCodeOfStop(session, drain)
    : exitCodeOfEnd(session, end, worker.failures);
}

/** How this worker looks for what is new where something is watched. */
function lookForNew({ sites, contact }: Configuration): LookForNew {
  const userAgent = userAgentOf(contact);
  return (watch, context) => queueNew(watch, { ...context, sites, userAgent });
}

/** Undefined where the worker was told to stop while it waited for Redis. */
async function openWorker(
  options: WorkerOptions,
  signal: AbortSignal,
): Promise<Worker | undefined> {
  try {
    return await Worker.open(options, signal);
  } catch (error) {
    if (signal.aborted && error === signal.reason) return undefined;
    throw error;
  }
}

/** Starts the processes and keeps them running until the session's signal, or until they drained. */
async function superviseWorkers(
  session: Session,
  plan: WorkPlan,
  options: WorkOptions,
  announce: () => Promise<void>,
): Promise<ExitCode> {
  const { processes, shutdownGraceMs, dataDir } = session.configuration;
  const rates = ratesOfProcess(plan, processes);
  const supervisor = new Supervisor({
    processes,
    // By the path that this one was called by, which the commands that they propose begin with.
    command: [
      process.execPath,
      process.argv[1] ?? PROGRAM,
      ...childArguments(options, { dataDir, rates }),
    ],
    drain: options.drain,
    graceMs: shutdownGraceMs + LEAVE_MS,
    logger: session.logger,
  });
  await announce();
  session.onForce(() => supervisor.force());
  session.defer(() => supervisor.stop());
  await supervisor.start();
  const left = await Promise.race([supervisor.left, stopped(session.signal)]);
  if (left === undefined) noteStopping(session, options);
  await supervisor.stop();
  return left === undefined ? exitCodeOfStop(session, options.drain) : exitCodeOfStatus(left);
}

/** The arguments of a worker process: those of this one, for a single process. */
function childArguments(
  { flags, drain, verbose, quiet }: WorkOptions,
  { dataDir, rates }: { readonly dataDir: string; readonly rates: string },
): string[] {
  const own: Flags = { ...flags, dataDir, rates };
  const typed = SETTING_NAMES.flatMap((name) => {
    const { flag } = settingOf(name);
    const text = own[name];
    return flag === undefined || text === undefined || text === '' || name === 'processes'
      ? []
      : [flag, text];
  });
  const single = ['--processes', '1', '--parent', String(process.pid)];
  const switches = [
    ...(drain ? ['--drain'] : []),
    ...(verbose ? ['-v'] : []),
    ...(quiet ? ['-q'] : []),
  ];
  return ['work', ...typed, ...single, ...switches];
}

/** The processes share the rate of this command equally. */
function ratesOfProcess({ intervalsMs }: WorkPlan, processes: number): string {
  const parts = [...intervalsMs].map(
    ([kind, intervalMs]) => `${kindOf(kind).plural}=${formatInterval(intervalMs * processes)}`,
  );
  return parts.join(',');
}

async function stopped(signal: AbortSignal): Promise<undefined> {
  if (!signal.aborted) await once(signal, 'abort');
}

/** Resolves when the supervisor that started this worker is gone; never where there is none. */
async function orphaned(parent: string | undefined, signal: AbortSignal): Promise<undefined> {
  if (parent === undefined) return new Promise(() => {});
  while (process.ppid === Number(parent) && (await pauseFor(PARENT_LOOK_MS, signal)));
}

function noteStopping({ terminal }: Session, { parent, quiet }: WorkOptions): void {
  if (parent === undefined && !quiet) terminal.note('Stopping: finishing the jobs in flight.');
}

/** A service that is stopped has completed; a drain has not. */
function exitCodeOfStop({ signal }: Session, drain: boolean): ExitCode {
  if (drain) signal.throwIfAborted();
  return EXIT.ok;
}

function exitCodeOfEnd({ terminal }: Session, end: WorkerEnd, failures: number): ExitCode {
  if (end.type === 'queue-paused') {
    noteProblem(
      `Left ${end.queue} with jobs in it: ${end.reason}. Resume it: ${proposed('resume', end.queue)}`,
      terminal,
    );
    return EXIT.timedOut;
  }
  if (end.type === 'other-site') {
    noteProblem(
      `Left ${end.queue} with jobs in it: they are those of ${siteText(end.site)}, another site than is configured here`,
      terminal,
    );
    return EXIT.timedOut;
  }
  return failures > 0 ? EXIT.jobFailed : EXIT.ok;
}

function exitCodeOfStatus(status: number): ExitCode {
  return Object.values(EXIT).find((code) => code === status) ?? EXIT.defect;
}
