/** What was typed after `enqueue`, checked before anything is opened. */

import type { RunRequest } from '../producer/plan.js';
import { CommandError, EXIT, type ExitCode } from '../shared/base/errors.js';
import { ATTEMPTS_DEFAULT, ATTEMPTS_MAX } from '../shared/queues/job.js';
import { RUN_JOBS_MAX } from '../shared/runs/run.js';
import { requireCount } from './arguments/count.js';
import { requireDuration } from './arguments/duration.js';
import { requireKind } from './arguments/kind.js';
import { requireRunNumber } from './arguments/run-name.js';
import type { AfterEnqueue } from './enqueue-run.js';
import { showPlan, withPlan } from './run-plan.js';
import type { Session } from './session.js';

/** What was typed about waiting. */
export interface AfterFlags {
  readonly wait?: true | undefined;
  readonly timeout?: string | undefined;
  readonly json?: true | undefined;
}

export interface EnqueueFlags extends AfterFlags {
  readonly kind: string | undefined;
  readonly words: readonly string[];
  readonly input?: string[] | undefined;
  readonly refetch?: true | undefined;
  readonly baseline?: true | undefined;
  readonly times?: string | undefined;
  readonly attempts?: string | undefined;
  readonly dryRun?: true | undefined;
  readonly resume?: string | undefined;
}

/** Makes a run, or goes on with one. */
export async function enqueue(session: Session, flags: EnqueueFlags): Promise<ExitCode> {
  const after = afterOf(flags);
  const resumed = flags.resume === undefined ? undefined : requireRunNumber(flags.resume);
  if (resumed !== undefined && flags.kind === undefined) {
    const { resumeEnqueuing } = await import('./enqueue-run.js');
    return resumeEnqueuing(session, resumed, undefined, after);
  }
  return withPlan(session, requestOf(flags), async (plan) => {
    if (flags.dryRun === true) return showPlan(session, plan, after.json);
    const { enqueuePlan, resumeEnqueuing } = await import('./enqueue-run.js');
    return resumed === undefined
      ? enqueuePlan(session, plan, after)
      : resumeEnqueuing(session, resumed, plan, after);
  });
}

/** @throws CommandError (usage) for a timeout that cannot be read, or without `--wait`. */
export function afterOf({ json, wait, timeout }: AfterFlags): AfterEnqueue {
  if (timeout !== undefined && wait !== true) throw usage('--timeout goes with --wait');
  return {
    json: json === true,
    wait: wait === true,
    timeoutMs: timeout === undefined ? undefined : requireDuration('--timeout', timeout),
  };
}

function requestOf(flags: EnqueueFlags): RunRequest {
  if (flags.kind === undefined)
    throw usage('Say what to queue, as in: comic-queue enqueue comics 1-200');
  return {
    kind: requireKind(flags.kind),
    words: flags.words,
    inputFiles: flags.input ?? [],
    baseline: flags.baseline === true,
    refetch: flags.refetch === true,
    times: requireCount('--times', flags.times ?? '1', { min: 1, max: RUN_JOBS_MAX }),
    attempts: requireCount('--attempts', flags.attempts ?? String(ATTEMPTS_DEFAULT), {
      min: 1,
      max: ATTEMPTS_MAX,
    }),
  };
}

function usage(message: string): CommandError {
  return new CommandError(EXIT.usage, message);
}
