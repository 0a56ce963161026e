/**
 * What the throughput panel is told, twice a second: the body of `GET /api/throughput`. It stands by
 * itself, because the browser's modules are compiled without anything of Node's.
 */

export interface PanelView {
  /** How long Redis has not answered, in milliseconds; 0 when it does. Then all else is as it was. */
  readonly redisDownForMs: number;
  /** The run that is shown; null before the first. */
  readonly run: RunView | null;
  /** The run that the first is compared with; null where there is none. */
  readonly baseline: RunView | null;
  /** A second run that was laid over the first. */
  readonly overlay: RunView | null;
  /** Runs of the same comparison at other concurrencies; empty with fewer than three. */
  readonly sweep: readonly SweepStep[];
  /** Concurrency at which the sweep's gain ends; null where it has not been reached. */
  readonly knee: number | null;
  /** The newest runs, to pick from. */
  readonly choices: readonly RunChoice[];
  /** The queue of the run; null before the first. */
  readonly queue: QueueView | null;
  readonly workers: readonly WorkerView[];
  /** Queues on which jobs wait and none starts. */
  readonly starved: readonly QueueView[];
}

export interface RunView {
  /** `run-7 · 200 comics · concurrency 50: 655 jobs/s (35.1× baseline)`. */
  readonly title: string;
  /** What people call its jobs: `comics`. */
  readonly plural: string;
  readonly live: boolean;
  /** Jobs that failed for good. */
  readonly failed: number;
  readonly report: ReportView;
  /** `[elapsed seconds, jobs done, jobs active]`, where the number done changes. */
  readonly points: readonly (readonly [number, number, number])[];
  /** Since its first start, in seconds; null for a run that is over or has not begun. */
  readonly elapsedSeconds: number | null;
  /** Jobs that did their work a second, over the last ten seconds; null for a run that is over. */
  readonly recentPerSecond: number | null;
  /** Until its last job is expected to end, in milliseconds; null where nobody can tell. */
  readonly remainingMs: number | null;
}

/** What of a run's report the panel shows; see the report itself for what each means. */
export interface ReportView {
  readonly run: number;
  readonly kind: string;
  readonly queue: string;
  readonly baseline: boolean;
  readonly state: string;
  readonly selection: string;
  readonly queued: number;
  readonly ended: number;
  readonly outcomes: Readonly<Partial<Record<string, number>>>;
  readonly reasons: Readonly<Record<string, number>>;
  readonly wallMs: number | null;
  readonly throughputPerSecond: number | null;
  readonly concurrency: number;
  readonly fetch: { readonly p50Ms: number; readonly p95Ms: number; readonly p99Ms: number };
  readonly idealMs: number | null;
  readonly efficiency: number | null;
  readonly disturbed: string | null;
  readonly comparison: ComparisonView | null;
}

export interface ComparisonView {
  readonly baselineRun: number;
  readonly label: string;
  readonly baselineThroughputPerSecond: number | null;
  readonly speedUp: number | null;
  readonly range: readonly [number, number] | null;
  readonly note: string | null;
}

export interface RunChoice {
  readonly run: number;
  readonly title: string;
  readonly live: boolean;
}

export interface SweepStep {
  readonly run: number;
  readonly concurrency: number;
  readonly speedUp: number;
  readonly range: readonly [number, number] | null;
}

export interface QueueView {
  readonly name: string;
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  readonly paused: boolean;
  readonly sitePausedForMs: number;
  readonly sitePauseReason: string | null;
  readonly starvedForMs: number;
}

export interface WorkerView {
  readonly name: string;
  readonly host: string;
  /** Jobs at a time on the queue of the run. */
  readonly concurrency: number;
  readonly active: number;
  /** What keeps it from taking jobs; null when it takes them. */
  readonly trouble: string | null;
}

/** A board of which nothing is known yet. */
export const EMPTY_VIEW: PanelView = {
  redisDownForMs: 0,
  run: null,
  baseline: null,
  overlay: null,
  sweep: [],
  knee: null,
  choices: [],
  queue: null,
  workers: [],
  starved: [],
};
