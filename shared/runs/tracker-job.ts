/**
 * The job by which a run has a tracker: one a run, in the queue of runs. Whatever happens to it, every
 * worker puts it back while the run is live.
 */

import type { Job, JobState, Queue } from 'bullmq';
import { wait } from '../base/wait.js';
import { type KindName, nounOf } from '../kinds/kinds.js';
import { runName } from '../queues/job.js';

/** Time between a tracker's last look at its run and the end of its job. */
const TRACKER_COMPLETES_WITHIN_MS = 3000;
const TRACKER_LOOK_EVERY_MS = 50;

/** States of a job that a worker has or will take. */
const TAKEN_OR_WAITING: ReadonlySet<JobState | 'unknown'> = new Set([
  'active',
  'waiting',
  'delayed',
  'prioritized',
]);

/** What is needed of a run to track it. */
export interface TrackedRun {
  readonly number: number;
  readonly kind: KindName;
  readonly total: number;
}

/**
 * Adds the job of a run's tracker. An old one that has ended, as that of an abandoned run that is
 * resumed, or that no worker would ever take, makes way first.
 */
export async function addTrackerJob(runsQueue: Queue, run: TrackedRun): Promise<void> {
  const id = runName(run.number);
  const old = await runsQueue.getJob(id);
  if (old !== undefined && !TAKEN_OR_WAITING.has(await settledState(old))) await old.remove();
  const title = `${id} · ${run.total} ${nounOf(run.kind, run.total)}`;
  await runsQueue.add(title, { run: run.number }, { jobId: id });
}

/**
 * The state of a job, asked for until it is another than `active`, for a moment: a tracker that has just
 * ended its run completes its job within it; one that has not looks at the run once more before it does.
 */
async function settledState(job: Job): Promise<JobState | 'unknown'> {
  const { signal } = new AbortController();
  const deadlineMs = performance.now() + TRACKER_COMPLETES_WITHIN_MS;
  let state = await job.getState();
  while (state === 'active' && performance.now() < deadlineMs) {
    await wait(TRACKER_LOOK_EVERY_MS, signal);
    state = await job.getState();
  }
  return state;
}

/**
 * Adds the trackers' jobs that live runs lack: failed, removed or moved by hand, or never added because
 * the producer died before.
 *
 * @returns the numbers of those runs.
 */
export async function restoreTrackers(
  runsQueue: Queue,
  runs: readonly TrackedRun[],
): Promise<number[]> {
  const restored: number[] = [];
  for (const run of runs) {
    const job = await runsQueue.getJob(runName(run.number));
    const state = await runsQueue.getJobState(runName(run.number));
    // One that gives way to others is back within a second anyway; one delayed by hand is not.
    if (state === 'delayed') await job?.promote().catch(() => {});
    if (job !== undefined && TAKEN_OR_WAITING.has(state)) continue;
    // Its id may be left in a list, where a new job would add it a second time.
    if (job === undefined) await runsQueue.remove(runName(run.number));
    await addTrackerJob(runsQueue, run);
    restored.push(run.number);
  }
  return restored;
}
