/** Trying again what failed in a run. */

import { retryPlan } from '../producer/resume.js';
import { requireRun } from '../producer/wait.js';
import type { ExitCode } from '../shared/base/errors.js';
import { requireRunNumber } from './arguments/run-name.js';
import { type AfterFlags, afterOf } from './enqueue-request.js';
import { enqueuePlan } from './enqueue-run.js';
import { withSpool } from './run-plan.js';
import type { Session } from './session.js';

/** Makes a run of the jobs that failed for good in another. */
export async function retryRun(
  session: Session,
  name: string,
  flags: AfterFlags,
): Promise<ExitCode> {
  const after = afterOf(flags);
  const number = requireRunNumber(name);
  const { connection } = await session.redis();
  const failed = await requireRun(connection, number);
  return withSpool(async (spoolDir) => {
    const plan = await retryPlan(failed, { connection, signal: session.signal, spoolDir });
    try {
      return await enqueuePlan(session, plan, after);
    } finally {
      plan.dispose();
    }
  });
}
