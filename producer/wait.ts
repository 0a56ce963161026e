/** Waits for a run to end, and reports its progress. */

import { CommandError, EXIT } from '../shared/base/errors.js';
import type { Outcome } from '../shared/base/outcome.js';
import { proposed } from '../shared/base/proposed-command.js';
import { type Attempt, once, pauseFor } from '../shared/base/wait.js';
import { runName } from '../shared/queues/job.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { formatCount } from '../shared/report/format.js';
import { readReport } from '../shared/report/read-report.js';
import type { Report } from '../shared/report/report.js';
import { readStandstills, type Standstill } from '../shared/report/standstill.js';
import { readRun, requireRun } from '../shared/runs/run-store.js';
import { isLive, type Run, type RunState } from '../shared/runs/run.js';
import { readTally } from '../shared/runs/tally.js';

/** The polling interval grows from one to the other, so that short runs end at once. A poll takes 1 ms. */
const POLL_EVERY_MIN_MS = 100;
const POLL_EVERY_MAX_MS = 500;

/** Progress older than this does not count towards the rate. */
const WINDOW_MS = 5000;

export interface WaitOptions {
  /** Stops the waiting, not the run. */
  readonly signal: AbortSignal;
  /** Undefined: no limit. */
  readonly timeoutMs?: number | undefined;
  /** When that time began, by `performance.now()`: now, unless several waits share it. */
  readonly startMs?: number | undefined;
  readonly onProgress?: (progress: RunProgress) => void;
  /** Repeats a read that failed, to ride over an outage. */
  readonly attempt?: Attempt;
}

export interface RunProgress {
  readonly run: number;
  readonly state: RunState;
  readonly done: number;
  readonly total: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** Over the last five seconds; undefined while nothing moves, or too seldom to be measured. */
  readonly ratePerSecond: number | undefined;
  /** Undefined while nothing moves. */
  readonly etaMs: number | undefined;
  /** What keeps the run from getting on; empty when nothing does. */
  readonly standstills: readonly Standstill[];
}

/**
 * Polls a run until it has ended: an event may be missed, a record cannot.
 *
 * @throws CommandError: no input when there is no such run; timed out; interrupted when the signal
 * aborts. The run goes on, and the message has the command that waits again.
 */
export async function waitForRun(
  connection: RedisConnection,
  number: number,
  options: WaitOptions,
): Promise<Report> {
  const { signal, timeoutMs = Number.POSITIVE_INFINITY, attempt = once } = options;
  const { startMs = performance.now() } = options;
  const rate = new RecentRate();
  let pollEveryMs = POLL_EVERY_MIN_MS;
  await attempt(() => requireRun(connection, number));
  while (true) {
    const run = await attempt(() => readRun(connection, number));
    if (run === undefined) throw vanished(number);
    if (!isLive(run)) return attempt(() => readReport(connection, run));
    const progress = await attempt(() => readProgress(connection, run, rate));
    options.onProgress?.(progress);
    const leftMs = startMs + timeoutMs - performance.now();
    if (leftMs <= 0) throw timedOut(progress, timeoutMs);
    if (!(await pauseFor(Math.min(pollEveryMs, leftMs), signal))) throw stopped(progress, signal);
    pollEveryMs = Math.min(pollEveryMs * 1.1, POLL_EVERY_MAX_MS);
  }
}

async function readProgress(
  connection: RedisConnection,
  run: Run,
  rate: RecentRate,
): Promise<RunProgress> {
  const tally = await readTally(connection, run.number);
  const left = run.total - tally.ended;
  const standstills = await readStandstills(connection, run, left);
  const moving = rate.add(performance.now(), tally.ended);
  const ratePerSecond = standstills.length === 0 ? moving : undefined;
  return {
    run: run.number,
    state: run.state,
    done: tally.ended,
    total: run.total,
    outcomes: tally.outcomes,
    ratePerSecond,
    etaMs: ratePerSecond === undefined ? undefined : (left / ratePerSecond) * 1000,
    standstills,
  };
}

function vanished(number: number): CommandError {
  const fact = 'it is not in Redis any more, which was emptied, or the run forgotten';
  const text = `Cannot wait for ${runName(number)} any longer: ${fact}. Results are kept; enqueue again`;
  return new CommandError(EXIT.noInput, text);
}

function timedOut(progress: RunProgress, timeoutMs: number): CommandError {
  return new CommandError(
    EXIT.timedOut,
    `${runName(progress.run)} has not ended after ${timeoutMs / 1000} s: ${howToWaitAgain(progress)}`,
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
  const again = `Wait again with: ${proposed('wait', name)}`;
  if (state === 'cancelled')
    return `${count}; it is cancelled and ends when a worker is connected. ${again}`;
  return `${count}. ${again}; cancel it with: ${proposed('cancel', name)}`;
}

/** Jobs per second over the last {@link WINDOW_MS}. */
class RecentRate {
  #samples: { readonly atMs: number; readonly done: number }[] = [];

  /** Adds a sample; returns the rate, or undefined where nothing moved in the window. */
  add(atMs: number, done: number): number | undefined {
    this.#samples = this.#samples.filter((sample) => atMs - sample.atMs <= WINDOW_MS);
    this.#samples.push({ atMs, done });
    const [oldest] = this.#samples;
    if (oldest === undefined || done <= oldest.done) return undefined;
    return ((done - oldest.done) / (atMs - oldest.atMs)) * 1000;
  }
}
