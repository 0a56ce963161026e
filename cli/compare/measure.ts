/** Measures pass by pass: the baseline, then every concurrency, each as a run of its own. */

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
import { writeRunFields } from '../../shared/runs/run-store.js';
import { longPause, type Pause } from './idle-queues.js';
import { type Measured, passesByRun } from './report.js';

export interface MeasurementOptions {
  /** The jobs; every run is made of them. */
  readonly plan: RunPlan;
  /** A run at the highest concurrency that goes first and is not measured, where there is to be one. */
  readonly warmUp: RunPlan | undefined;
  /** Jobs at a time, in the order to be measured. */
  readonly concurrencies: readonly [number, ...number[]];
  readonly passes: number;
}

export interface MeasurementDeps {
  readonly connection: RedisConnection;
  readonly signal: AbortSignal;
  /** What works the runs. */
  readonly workers: MeasuredWorkers;
  readonly watch: ComparisonWatch;
}

/** Observes the runs of a comparison. */
export interface ComparisonWatch {
  begin(step: ComparisonStep): void;
  progress(progress: RunProgress): void;
  /** Called however a run ended; `report` is undefined when it was lost. */
  end(report: Report | undefined): void;
}

/** Identifies a run of a comparison. */
export interface ComparisonStep {
  /** From 1; 0 for the warm-up. */
  readonly pass: number;
  /** Jobs at a time asked for; undefined for a baseline. */
  readonly asked: number | undefined;
}

export interface MeasuredWorkers {
  readonly type: 'own' | 'connected';
  /** Resolves when a worker is ready to work the baseline queue, and the other at a concurrency. */
  ready(concurrency: number): Promise<void>;
}

export interface ComparisonResult {
  readonly measured: readonly Measured[];
  /** Why it ended before its time; undefined when it did not. */
  readonly interruption: string | undefined;
}

/** Measures everything, one run after the other, until the end or a lasting pause. */
export async function compareRuns(
  options: MeasurementOptions,
  deps: MeasurementDeps,
): Promise<ComparisonResult> {
  const { connection, workers } = deps;
  const measured: Measured[] = [];
  let group = 0;
  for (const step of stepsToMake(options)) {
    const { pass, asked } = step;
    await workers.ready(asked ?? options.concurrencies[0]);
    const plan = (pass === 0 ? options.warmUp : undefined) ?? options.plan;
    const run = { ...plan.run, baseline: asked === undefined, refetch: true, group, pass };
    const { report, interruption } = await measureStep({ ...plan, run }, step, deps);
    if (group === 0) {
      group = report.run;
      await writeRunFields(connection, group, { group });
    }
    if (pass > 0) measured.push({ pass, asked, report: { ...report, group } });
    await keepPasses(measured, options, deps);
    if (interruption !== undefined) return { measured, interruption };
  }
  return { measured, interruption: undefined };
}

function stepsToMake({ concurrencies, passes, warmUp }: MeasurementOptions): ComparisonStep[] {
  const pass = [undefined, ...concurrencies];
  const steps = Array.from({ length: passes }, (_, index) =>
    pass.map((asked) => ({ pass: index + 1, asked })),
  );
  const first = warmUp === undefined ? [] : [{ pass: 0, asked: Math.max(...concurrencies) }];
  return [...first, ...steps.flat()];
}

async function measureStep(
  plan: RunPlan,
  step: ComparisonStep,
  { connection, signal, watch }: MeasurementDeps,
): Promise<MeasuredRun> {
  let report: Report | undefined;
  watch.begin(step);
  try {
    const onProgress = (progress: RunProgress): void => watch.progress(progress);
    const outcome = await measureRun(plan, { connection, signal, onProgress });
    report = outcome.report;
    return outcome;
  } finally {
    watch.end(report);
  }
}

/** Writes the figures of the passes so far to the record of each of their runs: all show the same. */
async function keepPasses(
  measured: readonly Measured[],
  { warmUp }: MeasurementOptions,
  { connection, workers }: MeasurementDeps,
): Promise<void> {
  const rules = { severalWorkers: workers.type === 'connected', warmUp: warmUp !== undefined };
  for (const [run, passes] of passesByRun(measured, rules)) {
    await writeRunFields(connection, run, { passes: JSON.stringify(passes) });
  }
}

/** A run that is given up ends at once, unless a job under way goes on: it is not waited for. */
const CANCELLED_WITHIN_MS = 2000;

/** Time for Redis to answer after that. */
const ANSWER_WITHIN_MS = 3000;

interface MeasureRunOptions {
  readonly connection: RedisConnection;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: RunProgress) => void;
}

interface MeasuredRun {
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
async function measureRun(
  plan: RunPlan,
  { connection, signal, onProgress }: MeasureRunOptions,
): Promise<MeasuredRun> {
  const over = new AbortController();
  const pauses = new PauseSignal(connection, plan.run.kind, AbortSignal.any([signal, over.signal]));
  const adding = new AbortController();
  let run: number | undefined;
  // An interruption reaches the producer only once it has told which run to cancel.
  const onAdded = (added: { readonly run: number }): void => {
    run = added.run;
    if (signal.aborted) adding.abort(signal.reason);
  };
  try {
    const options = { connection, signal: adding.signal, onProgress: onAdded };
    const enqueued = await enqueueRun(plan, options);
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

/** Aborts when the queues of a kind are paused for long. */
class PauseSignal {
  pause: Pause | undefined;
  readonly #controller = new AbortController();

  constructor(connection: RedisConnection, kind: KindName, until: AbortSignal) {
    // Where Redis has failed, waiting for the run fails as well, and is what gets reported.
    this.#watch(connection, kind, until).catch(nothing);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  async #watch(connection: RedisConnection, kind: KindName, until: AbortSignal): Promise<void> {
    this.pause = await longPause(connection, kind, until);
    if (this.pause !== undefined) this.#controller.abort();
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
