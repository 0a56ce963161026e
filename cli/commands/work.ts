/** `work`: a worker, until it is stopped or its queues are empty. */

import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Option } from '@commander-js/extra-typings';
import { EXIT, type ExitCode } from '../../shared/base/errors.js';
import { pauseFor } from '../../shared/base/wait.js';
import type { WorkerEnd } from '../../worker/drain.js';
import { Supervisor } from '../../worker/supervisor.js';
import { Worker } from '../../worker/worker.js';
import { type CommonCommand, examplesText, type Execute } from '../command.js';
import type { Flags } from '../configuration.js';
import type { Session } from '../session.js';
import { SETTING_NAMES, settingOf, SETTINGS } from '../settings.js';
import { noteProblem } from '../terminal.js';
import {
  bannerDocument,
  bannerLines,
  readWorkPlan,
  requireAuto,
  type WorkPlan,
} from '../work-plan.js';
import { workerOptions } from '../worker-options.js';

/** Gives `work` its options and action. */
export function defineWork(command: CommonCommand, execute: Execute): void {
  command
    .addHelpText(
      'before',
      examplesText([
        ['work', 'every kind, each with its own number at once'],
        ['work -c 50', '50 at once in each queue'],
        ['work -c comics=50,searches=2', 'the others keep their own'],
        ['work -c auto --max-concurrency 100', 'finds out by itself how many'],
        ['work --processes 2 -c 50', 'two processes of 50 each'],
        ['work --kinds comics --drain', 'leaves when there is nothing left'],
      ]),
    )
    .option('-c, --concurrency <n>', SETTINGS.concurrency.summary)
    .option('--max-concurrency <n>', withDefault(SETTINGS.concurrencyMax))
    .option('--processes <n>', withDefault(SETTINGS.processes))
    .option('--kinds <kinds>', SETTINGS.kinds.summary)
    .option('--out <dir>', `${SETTINGS.outDir.summary} (default: ${SETTINGS.outDir.otherwise})`)
    .option('--drain', 'leave when the queues hold nothing and no run of theirs is open')
    .option('--durability <how>', withDefault(SETTINGS.durability))
    .option('--give-up-after <time>', withDefault(SETTINGS.giveUpAfterMs))
    .addOption(new Option('--parent <pid>', 'the supervisor that started it').hideHelp())
    .action(async (options) => {
      const flags = {
        dataDir: options.data,
        outDir: options.out,
        concurrency: options.concurrency,
        concurrencyMax: options.maxConcurrency,
        processes: options.processes,
        kinds: options.kinds,
        durability: options.durability,
        giveUpAfterMs: options.giveUpAfter,
      };
      await execute(flags, async (session) => {
        return work(session, {
          flags,
          drain: options.drain === true,
          json: options.json === true,
          parent: options.parent,
        });
      });
    });
}

function withDefault({ summary, fallback }: { summary: string; fallback: string }): string {
  return `${summary} (default: ${fallback})`;
}

/** Works until the session's signal or, with `--drain`, until there is nothing left. */
export async function work(session: Session, flags: WorkFlags): Promise<ExitCode> {
  const plan = readWorkPlan(session.configuration, session.outDir);
  if (flags.flags.concurrencyMax !== undefined) requireAuto(plan);
  const { processes } = session.configuration;
  const { connection } = await session.redis();
  const announce = async (): Promise<void> => {
    if (flags.parent !== undefined) return;
    const { terminal } = session;
    if (flags.json) terminal.printJson(bannerDocument(plan, session.configuration));
    for (const line of await bannerLines(plan, session.configuration, connection)) {
      terminal.note(line);
    }
  };
  const exitCode =
    processes > 1
      ? await superviseWorkers(session, flags, announce)
      : await runWorker(session, plan, flags, announce);
  if (flags.json && flags.parent === undefined)
    session.terminal.printJson({ event: 'left', exitCode });
  return exitCode;
}

export interface WorkFlags {
  /** As typed, for the processes that this one starts. */
  readonly flags: Flags;
  readonly drain: boolean;
  readonly json: boolean;
  /** Process id of the supervisor that started this worker. */
  readonly parent: string | undefined;
}

/** A service that was told to stop has come to its end; a drain has not. */
export function exitCodeOfStop({ signal }: Session, drain: boolean): ExitCode {
  if (drain) signal.throwIfAborted();
  return EXIT.ok;
}

/** Says that the first signal was heard. */
export function noteStopping({ terminal }: Session, { parent }: WorkFlags): void {
  if (parent === undefined) terminal.note('Stopping: what is in flight is being finished.');
}

/** How often a worker looks whether its supervisor still lives. */
const PARENT_LOOK_MS = 1000;

/** Works until the session's signal, the end of the supervisor, or an empty queue with `--drain`. */
export async function runWorker(
  session: Session,
  plan: WorkPlan,
  flags: WorkFlags,
  announce: () => Promise<void>,
): Promise<ExitCode> {
  const { address } = await session.redis();
  const { configuration, logger } = session;
  const own = { id: plan.workerId, address, queues: plan.queues, out: plan.outDir };
  const { drain } = flags;
  const worker = await Worker.open(workerOptions(configuration, { ...own, drain, logger }));
  session.defer(() => worker.stop());
  await announce();
  await worker.start();
  const ended = new AbortController();
  const end = await Promise.race([
    worker.left,
    stopped(session.signal),
    orphaned(flags.parent, ended.signal),
  ]).finally(() => ended.abort());
  if (end === undefined) noteStopping(session, flags);
  await worker.stop();
  if (end === undefined) return exitCodeOfStop(session, flags.drain);
  return exitCodeOfEnd(session, end, worker.failures);
}

async function stopped(signal: AbortSignal): Promise<undefined> {
  if (!signal.aborted) await once(signal, 'abort');
}

/** Resolves when the supervisor that started this worker is gone; never where there was none. */
async function orphaned(parent: string | undefined, signal: AbortSignal): Promise<undefined> {
  if (parent === undefined) return new Promise(() => {});
  while (process.ppid === Number(parent) && (await pauseFor(PARENT_LOOK_MS, signal)));
}

function exitCodeOfEnd(session: Session, end: WorkerEnd, failures: number): ExitCode {
  if (end.type === 'queue-paused') {
    noteProblem(
      `Left ${end.queue} with jobs in it: it is paused (${end.reason}). Go on with: comic-queue resume ${end.queue}`,
      session.terminal,
    );
    return EXIT.timedOut;
  }
  return failures > 0 ? EXIT.jobFailed : EXIT.ok;
}

const PROGRAM = fileURLToPath(new URL('../main.js', import.meta.url));

/** A process needs this long beyond its own grace period to let go of its jobs and leave. */
const LEAVE_MS = 8000;

/** Starts the processes and keeps them running until the session's signal, or until they drained. */
export async function superviseWorkers(
  session: Session,
  flags: WorkFlags,
  announce: () => Promise<void>,
): Promise<ExitCode> {
  const { processes, shutdownGraceMs } = session.configuration;
  const supervisor = new Supervisor({
    processes,
    command: [process.execPath, PROGRAM, ...argumentsOf(flags)],
    drain: flags.drain,
    graceMs: shutdownGraceMs + LEAVE_MS,
    logger: session.logger,
  });
  await announce();
  session.onForce(() => supervisor.force());
  await supervisor.start();
  session.defer(() => supervisor.stop());
  const left = await Promise.race([supervisor.left, stopped(session.signal)]);
  if (left === undefined) noteStopping(session, flags);
  await supervisor.stop();
  return left === undefined ? exitCodeOfStop(session, flags.drain) : exitCodeOf(left);
}

/** One worker process is told what this one was. */
function argumentsOf({ flags, drain }: WorkFlags): string[] {
  const typed = SETTING_NAMES.flatMap((name) => {
    const { flag } = settingOf(name);
    const text = flags[name];
    return flag === undefined || text === undefined || name === 'processes' ? [] : [flag, text];
  });
  return ['work', ...typed, '--processes', '1', '--parent', String(process.pid)].concat(
    drain ? ['--drain'] : [],
  );
}

function exitCodeOf(status: number): ExitCode {
  return Object.values(EXIT).find((code) => code === status) ?? EXIT.defect;
}
