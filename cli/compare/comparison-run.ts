/** One run of a comparison: made, waited for, and given up when its lane will not be worked. */

import { cancelRun } from '../../producer/cancel.js';
import { enqueueRun } from '../../producer/enqueue.js';
import type { RunPlan } from '../../producer/plan.js';
import { type RunProgress, waitForRun } from '../../producer/wait.js';
import { withDeadline } from '../../shared/base/wait.js';
import type { KindName } from '../../shared/kinds/kinds.js';
import { runName } from '../../shared/queues/job.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { readReport } from '../../shared/report/read-report.js';
import type { Report } from '../../shared/report/report.js';
import { longPause, type Pause } from './pause-watch.js';

/** A run that is given up ends at once, unless a job under way goes on: it is not waited for. */
const CANCELLED_WITHIN_MS = 2000;

/** Time for Redis to answer after that. */
const ANSWER_WITHIN_MS = 3000;

export interface ComparisonRunTerms {
  readonly connection: RedisConnection;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: RunProgress) => void;
}

export interface ComparisonRunOutcome {
  readonly report: Report;
  /** Why the run was given up; undefined when it came to its end. */
  readonly interruption: string | undefined;
}

/**
 * Makes a run of a plan and waits until it is over. A pause that is too long to be waited out ends
 * it: what is left is cancelled.
 *
 * @throws when the signal aborts, after the run has been cancelled.
 */
export async function measureRun(
  plan: RunPlan,
  { connection, signal, onProgress }: ComparisonRunTerms,
): Promise<ComparisonRunOutcome> {
  const over = new AbortController();
  const pauses = new PauseSignal(connection, plan.run.kind, AbortSignal.any([signal, over.signal]));
  const adding = new AbortController();
  let run: number | undefined;
  // The adding learns of an interruption only once it has said which run is to be cancelled.
  const onAdded = (added: { readonly run: number }): void => {
    run = added.run;
    if (signal.aborted) adding.abort(signal.reason);
  };
  try {
    const terms = { connection, signal: adding.signal, onProgress: onAdded };
    const enqueued = await enqueueRun(plan, terms);
    const waiting = AbortSignal.any([signal, pauses.signal]);
    const report = await waitForRun(connection, enqueued.run, { signal: waiting, onProgress });
    return { report, interruption: cancelledText(report) };
  } catch (error) {
    // Where Redis has failed nothing can be cancelled, and the first error is the one to show.
    const report = run === undefined ? undefined : await giveUp(connection, run).catch(nothing);
    signal.throwIfAborted();
    if (report === undefined || pauses.pause === undefined) throw error;
    return { report, interruption: pauses.pause.reason };
  } finally {
    over.abort();
  }
}

function nothing(): undefined {
  return undefined;
}

/** Aborts when the lanes of a kind are paused for long. */
class PauseSignal {
  pause: Pause | undefined;
  private readonly controller = new AbortController();

  constructor(connection: RedisConnection, kind: KindName, until: AbortSignal) {
    // Where Redis has failed, the waiting meets that too, and says so.
    this.watch(connection, kind, until).catch(nothing);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  private async watch(
    connection: RedisConnection,
    kind: KindName,
    until: AbortSignal,
  ): Promise<void> {
    this.pause = await longPause(connection, kind, until);
    if (this.pause !== undefined) this.controller.abort();
  }
}

/** Cancels a run whatever the command's own signal says, and reports what was found. */
async function giveUp(connection: RedisConnection, run: number): Promise<Report> {
  const cancelling = cancelRun(connection, run, AbortSignal.timeout(CANCELLED_WITHIN_MS));
  const cancelled = await withDeadline(
    cancelling,
    CANCELLED_WITHIN_MS + ANSWER_WITHIN_MS,
    () => new Error(`Cannot cancel ${runName(run)}: Redis does not answer`),
  );
  return readReport(connection, cancelled.run);
}

function cancelledText({ state, run }: Report): string | undefined {
  return state === 'cancelled' ? `${runName(run)} was cancelled` : undefined;
}
