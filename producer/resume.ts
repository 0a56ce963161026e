/** Resumes a run whose producer stopped, and plans another attempt at what failed in one. */

import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { CommandError, EXIT } from '../shared/base/errors.js';
import { proposed } from '../shared/base/proposed-command.js';
import { wait } from '../shared/base/wait.js';
import { type AnyInput, kindOf } from '../shared/kinds/kinds.js';
import { runName } from '../shared/queues/job.js';
import { redisTime } from '../shared/redis/clock.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { formatCount } from '../shared/report/format.js';
import { failedJobs } from '../shared/runs/failed-jobs.js';
import { readRun, requireRun } from '../shared/runs/run-store.js';
import { PRODUCER_ALIVE_MS, type Run, wordsOfSelection } from '../shared/runs/run.js';
import { type EnqueueOptions, addJobs, type Enqueued } from './enqueue.js';
import { planOf, planRun, type RunPlan } from './plan.js';
import { reopenRun } from './reopen.js';
import { LISTED_MAX, Selection } from './selection.js';

/** How often a run is looked at while its producer may be at work. */
const LOOK_EVERY_MS = 500;

const AT_WORK = 'its producer is at work';

/**
 * Adds the missing jobs of an open or abandoned run and seals it. The selection is the one in the
 * run's record; where it was too long to be kept, `given` must be the plan of the same selection.
 *
 * @throws CommandError: no input when there is no such run; usage when the run is complete, its
 * producer is still at work, or the selection is not the same; else as `enqueueRun`.
 */
export async function resumeRun(
  number: number,
  given: RunPlan | undefined,
  options: EnqueueOptions,
): Promise<Enqueued> {
  const run = await silentRun(number, options);
  const plan = given ?? (await recordedPlan(run, options));
  requireSameSelection(plan, run);
  const producer = randomUUID();
  await reopenRun(options.connection, run, { from: run.producer, to: producer });
  const reopened = (await readRun(options.connection, number)) ?? run;
  // Of several that resume it at once, one does.
  if (reopened.producer !== producer) {
    throw isResumable(reopened) ? cannotResume(run, AT_WORK) : isOver(reopened);
  }
  const open = { run: number, producer, done: reopened.acknowledged };
  return addJobs(asRecorded(plan, run), open, options);
}

/**
 * The record of a run that can be resumed, once its producer has been silent for long enough. One that
 * has just been killed, or has lost Redis, looks like one at work until its next heartbeat is overdue.
 */
async function silentRun(
  number: number,
  { connection, signal, onWarning }: EnqueueOptions,
): Promise<Run> {
  const first = await requireRun(connection, number);
  const silentMs = (await redisTime(connection)) - first.heartbeatAtMs;
  const deadlineMs = performance.now() + PRODUCER_ALIVE_MS - Math.max(0, silentMs);
  for (let run = first; ; run = await requireRun(connection, number)) {
    if (!isResumable(run)) throw isOver(run);
    if (run.heartbeatAtMs > first.heartbeatAtMs) throw cannotResume(run, AT_WORK);
    const leftMs = deadlineMs - performance.now();
    if (run.state === 'abandoned' || leftMs <= 0) return run;
    if (run === first) {
      const seconds = Math.ceil(leftMs / 1000);
      onWarning?.(
        `${runName(number)}: its producer may still be at work; looking for ${seconds} s whether it is`,
      );
    }
    await wait(Math.min(leftMs, LOOK_EVERY_MS), signal);
  }
}

function isResumable({ state }: Run): boolean {
  return state === 'open' || state === 'abandoned';
}

function isOver(run: Run): CommandError {
  const look = proposed('status', runName(run.number));
  return cannotResume(run, `it is ${run.state}. See it with: ${look}`);
}

async function recordedPlan(run: Run, { signal }: EnqueueOptions): Promise<RunPlan> {
  const { kind, baseline, times, attempts, refetch, selection, site } = run;
  if (selection === '') {
    throw cannotResume(
      run,
      'its selection is too long to be kept in Redis. Give the same words and --input again',
    );
  }
  return planRun(
    {
      kind,
      baseline,
      times,
      attempts,
      refetch,
      words: wordsOfSelection(selection),
      inputFiles: [],
    },
    {
      site: { url: site },
      latest: () => Promise.reject(otherSelection(run)),
      stdin: Readable.from([]),
      signal,
    },
  );
}

/** Jobs are added with the settings of the run, whatever was typed beside `--resume`. */
function asRecorded(plan: RunPlan, run: Run): RunPlan {
  const { baseline, refetch, attempts, front } = run;
  return { ...plan, run: { ...plan.run, baseline, refetch, attempts, front } };
}

/** @throws CommandError (usage) where the plan is of another selection than the run. */
export function requireSameSelection(plan: RunPlan, run: Run): void {
  if (plan.run.digest === run.digest && plan.run.kind === run.kind) return;
  throw otherSelection(run);
}

function otherSelection(run: Run): CommandError {
  return cannotResume(
    run,
    'the selection is not the one it was made of. Give the same words and --input in the same order, or none',
  );
}

function cannotResume(run: Run, fact: string): CommandError {
  return new CommandError(EXIT.usage, `Cannot resume ${runName(run.number)}: ${fact}`);
}

/**
 * The plan of a new run of the jobs that failed in another, each input once, in the same queue and
 * with the same settings.
 *
 * @throws CommandError (usage) when no job of the run has failed.
 */
export async function retryPlan(
  run: Run,
  { connection, signal }: Pick<EnqueueOptions, 'connection' | 'signal'>,
): Promise<RunPlan> {
  const { kind, baseline, attempts, refetch, site } = run;
  const settings = { kind, baseline, attempts, refetch, times: 1, retryOf: run.number };
  const selection = new Selection(kindOf(kind), settings.times);
  for await (const input of failedInputs(connection, run)) {
    if (selection.length === LISTED_MAX) throw tooManyFailed(run);
    selection.add({ length: 1, text: kindOf(kind).format(input), at: () => input });
  }
  if (selection.length === 0) throw nothingFailed(run);
  return planOf(selection, settings, { site: { url: site }, signal });
}

function tooManyFailed({ number }: Run): CommandError {
  return new CommandError(
    EXIT.usage,
    `Cannot retry ${runName(number)}: more than ${formatCount(LISTED_MAX)} of its jobs have failed. Enqueue its selection again: what is stored already is kept`,
  );
}

/** A job that did not carry what its kind asks for has no input to try again. */
async function* failedInputs(connection: RedisConnection, run: Run): AsyncGenerator<AnyInput> {
  for await (const { input } of failedJobs(connection, run)) {
    if (input !== undefined) yield input;
  }
}

function nothingFailed({ number }: Run): CommandError {
  return new CommandError(
    EXIT.usage,
    `Cannot retry ${runName(number)}: none of its jobs has failed. See it with: ${proposed('status', runName(number))}`,
  );
}
