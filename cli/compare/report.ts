/** A comparison as one document: `report.json`, `--json`, and the source of all texts and charts. */

import { z } from 'zod';
import { OUTCOMES } from '../../shared/base/outcome.js';
import { kneeOf } from '../../shared/report/chart-sweep.js';
import {
  combinePasses,
  compareToBaseline,
  type Comparison,
  median,
} from '../../shared/report/comparison.js';
import { Report } from '../../shared/report/report.js';

/** With fewer points there is no bend to see. */
const KNEE_POINTS_MIN = 3;

const figures = {
  /** Numbers of the runs, one a pass. */
  runs: z.array(z.number()),
  /** The run whose figures follow: that of the pass whose speed-up is the median. */
  run: z.number(),
  wallMs: z.number().nullable(),
  throughputPerSecond: z.number().nullable(),
  /** Observed peak of active jobs. */
  concurrency: z.number(),
  idealMs: z.number().nullable(),
  efficiency: z.number().nullable(),
  fetch: Report.shape.fetch,
  /** Over all passes. */
  outcomes: z.partialRecord(z.enum(OUTCOMES), z.number()),
};

const Baseline = z.object(figures);
export type Baseline = z.infer<typeof Baseline>;

const Step = z.object({
  ...figures,
  /** Jobs at a time asked for. */
  asked: z.number(),
  /** Median of the ratios of throughput, run to baseline, pass by pass. */
  speedUp: z.number().nullable(),
  /** Smallest and largest of these; null with fewer than three passes. */
  range: z.tuple([z.number(), z.number()]).nullable(),
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

/** The figures of all passes at one concurrency. */
export interface StepFigures {
  readonly asked: number;
  readonly pairs: readonly Pair[];
  /** The pair whose ratio is nearest to the median: the one that tables and charts show. */
  readonly shown: Pair;
  readonly ratios: readonly number[];
  readonly speedUp: number | null;
  readonly range: readonly [number, number] | null;
  /** Why there is no speed-up; null where there is one. */
  readonly note: string | null;
}

export interface MeasuringRules {
  /** Whether a baseline that several workers took turns at counts, as with connected workers. */
  readonly severalWorkers: boolean;
}

/** What the reports of the runs do not say. */
export interface Circumstances {
  readonly startedAtMs: number;
  readonly passes: number;
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
  const steps = stepsOf(measured, { severalWorkers: circumstances.workers === 'connected' });
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
    workers: circumstances.workers,
    ratePerSecond: circumstances.ratePerSecond ?? null,
    baseline: baselineOf(measured, steps),
    steps: steps.map(stepOf),
    knee: kneeOfSteps(steps) ?? null,
    interruption: circumstances.interruption ?? null,
    files: circumstances.files,
    reports: measured.map(({ report }) => report),
  };
}

/** The pass shown is that of the last concurrency: the pair that the chart draws. */
function baselineOf(measured: readonly Measured[], steps: readonly StepFigures[]): Baseline | null {
  const baselines = measured.filter(({ asked }) => asked === undefined).map(({ report }) => report);
  const shown = steps.at(-1)?.shown.baseline ?? baselines.at(-1);
  return shown === undefined ? null : figuresOf(shown, baselines);
}

function stepOf(step: StepFigures): Step {
  const runs = step.pairs.map(({ run }) => run);
  return {
    ...figuresOf(step.shown.run, runs),
    asked: step.asked,
    speedUp: step.speedUp,
    range: step.range === null ? null : [...step.range],
    ratios: [...step.ratios],
    note: step.note,
  };
}

function figuresOf(shown: Report, all: readonly Report[]): Baseline {
  const { run, wallMs, throughputPerSecond, concurrency, idealMs, efficiency, fetch } = shown;
  return {
    runs: all.map((report) => report.run),
    run,
    wallMs,
    throughputPerSecond,
    concurrency,
    idealMs,
    efficiency,
    fetch,
    outcomes: summedOutcomes(all),
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

function kneeOfSteps(steps: readonly StepFigures[]): number | undefined {
  const points = steps.flatMap(({ asked, speedUp, range }) =>
    speedUp === null ? [] : [{ concurrency: asked, speedUp, range }],
  );
  return points.length < KNEE_POINTS_MIN ? undefined : kneeOf(points);
}

/** The figures of every concurrency that has a run and its baseline, in the order measured. */
export function stepsOf(measured: readonly Measured[], rules: MeasuringRules): StepFigures[] {
  const asked = new Set(measured.flatMap((one) => (one.asked === undefined ? [] : [one.asked])));
  return [...asked].flatMap((concurrency) => {
    const pairs = pairsAt(measured, concurrency);
    const [first] = pairs;
    return first === undefined ? [] : [figuresAt(concurrency, pairs, first, rules)];
  });
}

/** The comparison of one concurrency as stored with its last run. */
export function comparisonOf(step: StepFigures): Comparison & { readonly passes: number } {
  const { baseline } = step.shown;
  return {
    baselineRun: baseline.run,
    label: 'same selection',
    baselineThroughputPerSecond: baseline.throughputPerSecond,
    speedUp: step.speedUp,
    range: step.range === null ? null : [...step.range],
    note: step.note,
    passes: step.pairs.length,
  };
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
  first: Pair,
  rules: MeasuringRules,
): StepFigures {
  const compared = pairs.map((pair) => ({ pair, ...comparePair(pair, rules) }));
  const ratios = compared.flatMap(({ speedUp }) => (speedUp === null ? [] : [speedUp]));
  const note = compared.find((one) => one.note !== null)?.note ?? null;
  const middle = median(ratios);
  const distance = ({ speedUp }: { speedUp: number | null }): number =>
    speedUp === null ? Number.POSITIVE_INFINITY : Math.abs(speedUp - middle);
  const nearest = compared.toSorted((a, b) => distance(a) - distance(b))[0];
  const shown = nearest?.pair ?? first;
  const combined = note === null ? combinePasses(ratios) : { speedUp: null, range: null };
  return { asked, pairs, shown, ratios, note, ...combined };
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
