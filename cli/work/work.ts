/** A worker as a command: in this process, or in several under this one. */

import type { ExitCode } from '../../shared/base/errors.js';
import type { Session } from '../session.js';
import { bannerDocument, bannerLines } from './banner.js';
import { runWorker } from './run-worker.js';
import { superviseWorkers } from './supervise-workers.js';
import type { WorkFlags } from './work-flags.js';
import { readWorkPlan, requireAuto } from './work-plan.js';

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
