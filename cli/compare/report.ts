/** A comparison as one document: `report.json`, `--json`, and the source of all texts and charts. */

import { z } from 'zod';
import { OUTCOMES } from '../../shared/base/outcome.js';
import { kneeOf } from '../../shared/report/chart-sweep.js';
import { compareToBaseline, Medians } from '../../shared/report/comparison.js';
import {
  combinePasses,
  median,
  mediansOf,
  middleOf,
  outliersOf,
} from '../../shared/report/passes.js';
import type { Passes } from '../../shared/report/read-report.js';
import { Report } from '../../shared/report/report.js';

/** With fewer points there is no bend to see. */
const KNEE_POINTS_MIN = 3;

const figures = {
  /** Numbers of the runs, one a pass. */
  runs: z.array(z.number()),
  /** The run that the chart shows: that of the median throughput. */
  run: z.number(),
  /** Medians over the passes. */
  ...Medians.omit({ passes: true, warmUp: true }).shape,
  fetch: Report.shape.fetch,
  /** Over all passes. */
  outcomes: z.partialRecord(z.enum(OUTCOMES), z.number()),
  /** Passes whose wall time is far from the others' (see `outliersOf`). */
  outliers: z.array(z.number()),
};

const Baseline = z.object(figures);
export type Baseline = z.infer<typeof Baseline>;

const Step = z.object({
  ...figures,
  /** Jobs at a time asked for. */
  asked: z.number(),
  /** Throughput over the baseline's. */
  speedUp: z.number().nullable(),
  /** Smallest and largest of the ratios of single passes; null with fewer than three. */
  range: z.tuple([z.number(), z.number()]).nullable(),
  /** Throughput over that of the baseline of the same pass. */
  ratios: z.array(z.number()),
  /** Why there is no speed-up; null where there is one. */
  note: z.string().nullable(),
});
export type Step = z.infer<typeof Step>;

export const ComparisonReport = z.object({
  version: z.literal(1),
  kind: z.string(),
  /** URL template of the site; empty for a kind without one. */
  site: z.string(),
  selection: z.string(),
  digest: z.string(),
  /** Jobs of each run. */
  jobs: z.number(),
  startedAt: z.iso.datetime(),
  /** Number of its first run (a warm-up counts): all its runs share it as their group. */
  group: z.number(),
  passes: z.number(),
  /** Whether a run went first that is not measured. */
  warmUp: z.boolean(),
  workers: z.enum(['own', 'connected']),
  /** The rate of the site that was in force; null without one. */
  ratePerSecond: z.number().nullable(),
  /** One job at a time; null where not even that was measured. */
  baseline: Baseline.nullable(),
  steps: z.array(Step),
  /** Concurrency beyond which more gains less than a tenth; null where none was found. */
  knee: z.number().nullable(),
  /** Why it ended early; null where it did not. */
  interruption: z.string().nullable(),
  files: z.object({
    directory: z.string(),
    json: z.string(),
    markdown: z.string(),
    chart: z.string().nullable(),
    sweep: z.string().nullable(),
  }),
  /** The report of each run, in the order measured. */
  reports: z.array(Report),
});
export type ComparisonReport = z.infer<typeof ComparisonReport>;

/** One run of a comparison. */
export interface Measured {
  /** From 1. */
  readonly pass: number;
  /** Jobs at a time asked for; undefined for a baseline. */
  readonly asked: number | undefined;
  readonly report: Report;
}

/** A run and the baseline of the same pass. */
export interface Pair {
  readonly pass: number;
  readonly baseline: Report;
  readonly run: Report;
}

/** The passes at one concurrency. */
export interface StepFigures {
  readonly asked: number;
  readonly pairs: readonly Pair[];
  readonly run: Medians;
  /** Of all baselines. */
  readonly baseline: Medians;
  readonly ratios: readonly number[];
  readonly speedUp: number | null;
  readonly range: [number, number] | null;
  /** Why there is no speed-up; null where there is one. */
  readonly note: string | null;
}

export interface MeasuringRules {
  /** Whether a baseline that several workers took turns at counts, as with connected workers. */
  readonly severalWorkers: boolean;
  /** Whether a run went first that is not measured. */
  readonly warmUp: boolean;
}

/** What the reports of the runs do not say. */
export interface Circumstances {
  readonly startedAtMs: number;
  readonly passes: number;
  readonly warmUp: boolean;
  readonly workers: 'own' | 'connected';
  readonly ratePerSecond: number | undefined;
  readonly interruption: string | undefined;
  readonly files: ComparisonReport['files'];
}

/** Builds the document from the runs, of which there is at least one. */
export function buildComparisonReport(
  measured: readonly [Measured, ...Measured[]],
  circumstances: Circumstances,
): ComparisonReport {
  const { report: first } = measured[0];
  const { warmUp, workers } = circumstances;
  const steps = stepsOf(measured, { severalWorkers: workers === 'connected', warmUp });
  return {
    version: 1,
    kind: first.kind,
    site: first.site,
    selection: first.selection,
    digest: first.digest,
    jobs: first.queued,
    startedAt: new Date(circumstances.startedAtMs).toISOString(),
    group: first.group,
    passes: circumstances.passes,
    warmUp,
    workers,
    ratePerSecond: circumstances.ratePerSecond ?? null,
    baseline: sideOf(baselinesIn(measured), warmUp),
    steps: steps.flatMap((step) => stepOf(step, warmUp)),
    knee: kneeOfSteps(steps) ?? null,
    interruption: circumstances.interruption ?? null,
    files: circumstances.files,
    reports: measured.map(({ report }) => report),
  };
}

function baselinesIn(measured: readonly Measured[]): Report[] {
  return measured.filter(({ asked }) => asked === undefined).map(({ report }) => report);
}

function stepOf(step: StepFigures, warmUp: boolean): Step[] {
  const side = sideOf(
    step.pairs.map(({ run }) => run),
    warmUp,
  );
  const { asked, speedUp, range, note } = step;
  return side === null ? [] : [{ ...side, asked, speedUp, range, ratios: [...step.ratios], note }];
}

/** The figures of all passes of one side; null where there is none. */
function sideOf(passes: readonly Report[], warmUp: boolean): Baseline | null {
  const middle = middleOf(passes);
  if (middle === undefined) return null;
  const { passes: _count, warmUp: _warmUp, ...medians } = mediansOf(passes, warmUp);
  return {
    runs: passes.map(({ run }) => run),
    run: middle.run,
    ...medians,
    fetch: medianFetch(passes.map(({ fetch }) => fetch)),
    outcomes: summedOutcomes(passes),
    outliers: outlyingPasses(passes),
  };
}

/** A pass without a wall time did no work, and the reason for that is told elsewhere. */
function outlyingPasses(passes: readonly Report[]): number[] {
  const timed = passes.flatMap(({ pass, wallMs }) => (wallMs === null ? [] : [{ pass, wallMs }]));
  const outlying = new Set(outliersOf(timed.map(({ wallMs }) => wallMs)));
  return timed.flatMap(({ pass }, index) => (outlying.has(index) ? [pass] : []));
}

function medianFetch(times: readonly Report['fetch'][]): Report['fetch'] {
  const of = (figure: keyof Report['fetch']): number => median(times.map((one) => one[figure]));
  return {
    count: of('count'),
    p50Ms: of('p50Ms'),
    p95Ms: of('p95Ms'),
    p99Ms: of('p99Ms'),
    longestMs: of('longestMs'),
    sumMs: of('sumMs'),
  };
}

/** The outcomes of several runs together. */
function summedOutcomes(reports: readonly Report[]): Report['outcomes'] {
  const summed: Report['outcomes'] = {};
  for (const outcome of OUTCOMES) {
    const count = reports.reduce((sum, { outcomes }) => sum + (outcomes[outcome] ?? 0), 0);
    if (count > 0) summed[outcome] = count;
  }
  return summed;
}

/** By the concurrency that was observed, as on the board: more that is asked for may be no more. */
function kneeOfSteps(steps: readonly StepFigures[]): number | undefined {
  const points = steps.flatMap(({ run, speedUp, range }) =>
    speedUp === null ? [] : [{ concurrency: run.concurrency, speedUp, range }],
  );
  const knee = points.length < KNEE_POINTS_MIN ? undefined : kneeOf(points);
  return steps.find(({ run, speedUp }) => speedUp !== null && run.concurrency === knee)?.asked;
}

/** The figures of every concurrency that has a run and its baseline, in the order measured. */
export function stepsOf(measured: readonly Measured[], rules: MeasuringRules): StepFigures[] {
  const asked = new Set(measured.flatMap((one) => (one.asked === undefined ? [] : [one.asked])));
  return [...asked].flatMap((concurrency) => {
    const pairs = pairsAt(measured, concurrency);
    return pairs.length === 0 ? [] : [figuresAt(concurrency, pairs, baselinesIn(measured), rules)];
  });
}

function pairsAt(measured: readonly Measured[], concurrency: number): Pair[] {
  return measured
    .filter(({ asked }) => asked === concurrency)
    .flatMap(({ pass, report: run }) => {
      const baseline = measured.find((one) => one.asked === undefined && one.pass === pass)?.report;
      return baseline === undefined ? [] : [{ pass, baseline, run }];
    });
}

function figuresAt(
  asked: number,
  pairs: readonly Pair[],
  baselines: readonly Report[],
  rules: MeasuringRules,
): StepFigures {
  const compared = pairs.map((pair) => comparePair(pair, rules));
  const ratios = compared.flatMap(({ speedUp }) => (speedUp === null ? [] : [speedUp]));
  const note = compared.find((one) => one.note !== null)?.note ?? null;
  const run = mediansOf(
    pairs.map((pair) => pair.run),
    rules.warmUp,
  );
  const baseline = mediansOf(baselines, rules.warmUp);
  const combined = combinePasses(note === null ? ratios : [], run, baseline);
  return { asked, pairs, run, baseline, ratios, note, ...combined };
}

function comparePair(
  { run, baseline }: Pair,
  { severalWorkers }: MeasuringRules,
): { speedUp: number | null; note: string | null } {
  const disturbed = severalWorkers && baseline.stalls === 0 ? null : baseline.disturbed;
  if (disturbed !== null)
    return { speedUp: null, note: `the baseline was disturbed: ${disturbed}` };
  return compareToBaseline(run, baseline);
}

/** What the record of each run keeps, by its number: the figures of all passes at its concurrency. */
export function passesByRun(
  measured: readonly Measured[],
  rules: MeasuringRules,
): ReadonlyMap<number, Passes> {
  const baselines = baselinesIn(measured);
  const baselineRun = middleOf(baselines)?.run;
  if (baselineRun === undefined) return new Map();
  const medians = mediansOf(baselines, rules.warmUp);
  const byRun = new Map<number, Passes>(
    baselines.map(({ run }) => [run, { medians, comparison: null }]),
  );
  for (const { pairs, run: shown, speedUp, range, note } of stepsOf(measured, rules)) {
    const comparison = {
      baselineRun,
      label: 'same selection' as const,
      baselineThroughputPerSecond: medians.throughputPerSecond,
      baselineWallMs: medians.wallMs,
      speedUp,
      estimate: null,
      range,
      note,
    };
    for (const { run } of pairs) byRun.set(run.run, { medians: shown, comparison });
  }
  return byRun;
}
