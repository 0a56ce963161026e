/** Several worker processes under this one. */

import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { EXIT, type ExitCode } from '../../shared/base/errors.js';
import { Supervisor } from '../../worker/supervisor.js';
import type { Session } from '../session.js';
import { SETTING_NAMES, settingOf } from '../settings.js';
import { exitCodeOfStop, noteStopping, type WorkFlags } from './work-flags.js';

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

async function stopped(signal: AbortSignal): Promise<undefined> {
  if (!signal.aborted) await once(signal, 'abort');
}

function exitCodeOf(status: number): ExitCode {
  return Object.values(EXIT).find((code) => code === status) ?? EXIT.defect;
}
