/** Waits for a run to be over, and says how far it is. */

import { CommandError, EXIT } from '../shared/base/errors.js';
import type { Outcome } from '../shared/base/outcome.js';
import { pauseFor } from '../shared/base/wait.js';
import { runName } from '../shared/queues/job.js';
import { listWorkers } from '../shared/queues/heartbeat.js';
import { readSiteState } from '../shared/queues/site-state.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { formatCount } from '../shared/report/format.js';
import { readReport } from '../shared/report/read-report.js';
import type { Report } from '../shared/report/report.js';
import { readRun } from '../shared/runs/run-store.js';
import { isLive, type Run, type RunState } from '../shared/runs/run.js';
import { readTally } from '../shared/runs/tally.js';

/** A short run is noticed at once; a long one is not asked for often. One look takes 1 ms. */
const LOOK_EVERY_MIN_MS = 100;
const LOOK_EVERY_MAX_MS = 500;

export interface WaitTerms {
  /** Stops the waiting, not the run. */
  readonly signal: AbortSignal;
  /** Undefined: as long as it takes. */
  readonly timeoutMs?: number | undefined;
  readonly onProgress?: (progress: RunProgress) => void;
}

export interface RunProgress {
  readonly run: number;
  readonly state: RunState;
  readonly done: number;
  readonly total: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** Over the last seconds; undefined until two looks differ. */
  readonly ratePerSecond: number | undefined;
  readonly etaMs: number | undefined;
  /** Workers connected that work the run's queue: with none, nothing will happen. */
  readonly workers: number;
  /** How long the site asked to be left alone; 0 when it may be asked. */
  readonly pausedForMs: number;
}

/**
 * Looks at a run until it is over. It polls: events may be missed, a record cannot.
 *
 * @throws CommandError: no input when there is no such run; timed out; interrupted when the signal
 * aborts. The run goes on; the message says how to wait again.
 */
export async function waitForRun(
  connection: RedisConnection,
  number: number,
  terms: WaitTerms,
): Promise<Report> {
  const { signal, timeoutMs = Number.POSITIVE_INFINITY } = terms;
  const startMs = performance.now();
  const rate = new RecentRate();
  let lookEveryMs = LOOK_EVERY_MIN_MS;
  while (true) {
    const run = await requireRun(connection, number);
    if (!isLive(run)) return readReport(connection, run);
    const progress = await look(connection, run, rate);
    terms.onProgress?.(progress);
    const leftMs = startMs + timeoutMs - performance.now();
    if (leftMs <= 0) throw timedOut(progress, timeoutMs);
    if (!(await pauseFor(Math.min(lookEveryMs, leftMs), signal))) throw stopped(progress, signal);
    lookEveryMs = Math.min(lookEveryMs * 1.1, LOOK_EVERY_MAX_MS);
  }
}

async function look(connection: RedisConnection, run: Run, rate: RecentRate): Promise<RunProgress> {
  const [tally, workers, { pausedForMs }] = await Promise.all([
    readTally(connection, run.number),
    listWorkers(connection),
    readSiteState(connection, run.kind),
  ]);
  const ratePerSecond = rate.add(performance.now(), tally.ended);
  const left = run.total - tally.ended;
  return {
    run: run.number,
    state: run.state,
    done: tally.ended,
    total: run.total,
    outcomes: tally.outcomes,
    ratePerSecond,
    etaMs: ratePerSecond === undefined ? undefined : (left / ratePerSecond) * 1000,
    workers: workers.filter(({ queues }) => run.queue.name in queues).length,
    pausedForMs,
  };
}

function timedOut(progress: RunProgress, timeoutMs: number): CommandError {
  return new CommandError(
    EXIT.timedOut,
    `${runName(progress.run)} is not over after ${timeoutMs / 1000} s: ${howToWaitAgain(progress)}`,
  );
}

function stopped(progress: RunProgress, { reason }: AbortSignal): CommandError {
  const exitCode = reason instanceof CommandError ? reason.exitCode : EXIT.interrupted;
  return new CommandError(
    exitCode,
    `Stopped waiting for ${runName(progress.run)}, which goes on: ${howToWaitAgain(progress)}`,
  );
}

function howToWaitAgain({ run, state, done, total }: RunProgress): string {
  const name = runName(run);
  const count = `${formatCount(done)} of ${formatCount(total)} jobs are done`;
  const again = `Wait again with: comic-queue wait ${name}`;
  if (state === 'cancelled')
    return `${count}; it is cancelled and ends when a worker is connected. ${again}`;
  return `${count}. ${again}; give it up with: comic-queue cancel ${name}`;
}

/** Looks older than this count no more. */
const WINDOW_MS = 5000;

class RecentRate {
  private looks: { readonly atMs: number; readonly done: number }[] = [];

  /** Takes a look; returns jobs a second over the window, undefined where nothing moved in it. */
  add(atMs: number, done: number): number | undefined {
    this.looks = this.looks.filter((one) => atMs - one.atMs <= WINDOW_MS);
    this.looks.push({ atMs, done });
    const [oldest] = this.looks;
    if (oldest === undefined || done <= oldest.done) return undefined;
    return ((done - oldest.done) / (atMs - oldest.atMs)) * 1000;
  }
}

/** @throws CommandError (no input) when there is no such run. */
export async function requireRun(connection: RedisConnection, number: number): Promise<Run> {
  const run = await readRun(connection, number);
  if (run === undefined) throw noSuchRun(number);
  return run;
}

export function noSuchRun(number: number): CommandError {
  return new CommandError(
    EXIT.noInput,
    `Cannot find ${runName(number)}: there is no such run. List them with: comic-queue runs`,
  );
}
