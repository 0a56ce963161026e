/** A worker in this process. */

import { once } from 'node:events';
import { EXIT, type ExitCode } from '../../shared/base/errors.js';
import { pauseFor } from '../../shared/base/wait.js';
import type { WorkerEnd } from '../../worker/drain.js';
import { openWorker, type WorkerService } from '../../worker/worker.js';
import { noteProblem } from '../problem.js';
import type { Session } from '../session.js';
import { userAgentOf } from '../user-agent.js';
import { programVersion } from '../version.js';
import { exitCodeOfStop, noteStopping, type WorkFlags } from './work-flags.js';
import type { WorkPlan } from './work-plan.js';

/** How often a worker looks whether its supervisor still lives. */
const PARENT_LOOK_MS = 1000;

/** Works until the session's signal, the end of the supervisor, or an empty lane with `--drain`. */
export async function runWorker(
  session: Session,
  plan: WorkPlan,
  flags: WorkFlags,
  announce: () => Promise<void>,
): Promise<ExitCode> {
  const worker = await openWith(session, plan, flags.drain);
  await announce();
  await worker.start();
  session.defer(() => worker.stop());
  const ended = new AbortController();
  const end = await Promise.race([
    worker.left,
    stopped(session.signal),
    orphaned(flags.parent, ended.signal),
  ]).finally(() => ended.abort());
  if (end === undefined) noteStopping(session, flags);
  await worker.stop();
  if (end === undefined) return exitCodeOfStop(session, flags.drain);
  return exitCodeOfEnd(session, end, worker.failures());
}

async function openWith(session: Session, plan: WorkPlan, drain: boolean): Promise<WorkerService> {
  const { configuration, logger } = session;
  const { address } = await session.redis();
  return openWorker({
    id: plan.workerId,
    version: programVersion(),
    address,
    lanes: plan.lanes,
    concurrencyMax: configuration.concurrencyMax,
    sites: configuration.sites,
    out: plan.outDir,
    durability: configuration.durability,
    userAgent: userAgentOf(configuration.contact),
    fetchDeadlineMs: configuration.fetchDeadlineMs,
    bodyBytesMax: configuration.bodyBytesMax,
    giveUpAfterMs: configuration.giveUpAfterMs,
    blockPauseMs: configuration.blockPauseMs,
    lockMs: configuration.lockMs,
    graceMs: configuration.shutdownGraceMs,
    drain,
    logger,
  });
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
  if (end.type === 'lane-paused') {
    noteProblem(
      `Left ${end.lane} with jobs in it: it is paused (${end.reason}). Go on with: comic-queue resume ${end.lane}`,
      session.terminal,
    );
    return EXIT.timedOut;
  }
  return failures > 0 ? EXIT.jobFailed : EXIT.ok;
}
