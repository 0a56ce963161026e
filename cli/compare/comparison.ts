/** A comparison: pass by pass the baseline, then every concurrency, each as a run of its own. */

import type { RunPlan } from '../../producer/plan.js';
import type { RunProgress } from '../../producer/wait.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import type { Report } from '../../shared/report/report.js';
import { writeRunFields } from '../../shared/runs/run-store.js';
import { type ComparisonRunOutcome, measureRun } from './comparison-run.js';
import { comparisonOf, type Measured, stepsOf } from './measurement.js';

export interface ComparisonTerms {
  readonly connection: RedisConnection;
  readonly signal: AbortSignal;
  /** The jobs; each run is made of it anew. */
  readonly plan: RunPlan;
  /** Jobs at a time, in the order to be measured. */
  readonly concurrencies: readonly [number, ...number[]];
  readonly passes: number;
  /** A run at the first concurrency that goes ahead and counts for nothing, where there is to be one. */
  readonly warmUp: RunPlan | undefined;
  /** What works the runs. */
  readonly crew: Crew;
  readonly watch: ComparisonWatch;
}

/** Sees how a comparison comes along. */
export interface ComparisonWatch {
  begin(step: ComparisonStep): Promise<void>;
  progress(progress: RunProgress): void;
  /** Called whatever becomes of a run; `report` is undefined when it was lost. */
  end(report: Report | undefined): void;
}

/** Which run of a comparison is under way. */
export interface ComparisonStep {
  /** From 1; 0 for the warm-up. */
  readonly pass: number;
  /** Jobs at a time asked for; undefined for a baseline. */
  readonly asked: number | undefined;
}

export interface Crew {
  readonly type: 'own' | 'connected';
  /** Resolves when a worker is ready to work the baseline lane, and the other at a concurrency. */
  ready(concurrency: number): Promise<void>;
}

export interface ComparisonResult {
  readonly measured: readonly Measured[];
  /** Why it ended before its time; undefined when it did not. */
  readonly interruption: string | undefined;
}

/** Measures everything, one run after the other, until the end or a lasting pause. */
export async function compareRuns(terms: ComparisonTerms): Promise<ComparisonResult> {
  const measured: Measured[] = [];
  let group = 0;
  for (const step of stepsToMake(terms)) {
    await terms.crew.ready(step.asked ?? terms.concurrencies[0]);
    const { report, interruption } = await measureStep(terms, step, group);
    if (group === 0) {
      group = report.run;
      await writeRunFields(terms.connection, group, { group });
    }
    const one = { pass: step.pass, asked: step.asked, report: { ...report, group } };
    if (step.pass > 0) measured.push(one);
    if (interruption !== undefined) return { measured, interruption };
  }
  await keepComparisons(terms, measured);
  return { measured, interruption: undefined };
}

function stepsToMake({ concurrencies, passes, warmUp }: ComparisonTerms): ComparisonStep[] {
  const pass = [undefined, ...concurrencies];
  const steps = Array.from({ length: passes }, (_, index) =>
    pass.map((asked) => ({ pass: index + 1, asked })),
  );
  const first = warmUp === undefined ? [] : [{ pass: 0, asked: concurrencies[0] }];
  return [...first, ...steps.flat()];
}

async function measureStep(
  terms: ComparisonTerms,
  step: ComparisonStep,
  group: number,
): Promise<ComparisonRunOutcome> {
  const { connection, signal, watch } = terms;
  const { pass, asked } = step;
  const plan = (pass === 0 ? terms.warmUp : undefined) ?? terms.plan;
  const run = { ...plan.run, baseline: asked === undefined, refetch: true, group, pass };
  const onProgress = (progress: RunProgress): void => watch.progress(progress);
  let report: Report | undefined;
  await watch.begin(step);
  try {
    const outcome = await measureRun({ ...plan, run }, { connection, signal, onProgress });
    report = outcome.report;
    return outcome;
  } finally {
    watch.end(report);
  }
}

/** The last run at each concurrency keeps what all its passes come to: the board shows it. */
async function keepComparisons(
  { connection, crew }: ComparisonTerms,
  measured: readonly Measured[],
): Promise<void> {
  for (const step of stepsOf(measured, { severalWorkers: crew.type === 'connected' })) {
    const last = step.pairs.at(-1)?.run;
    if (last === undefined) continue;
    const comparison = JSON.stringify(comparisonOf(step));
    await writeRunFields(connection, last.run, { comparison });
  }
}
