/**
 * The body of `GET /api/throughput`, for which the panel asks twice a second, and how only what has
 * changed of it is sent: declared once for the server, which composes it, and for the browser, which
 * shows it.
 */

import type { QueueState } from '../../shared/queues/queue-state.js';
import type { SweepPoint } from '../../shared/report/chart-sweep.js';
import type { Report } from '../../shared/report/report.js';
import type { Standstill } from '../../shared/report/standstill.js';
import type { Point } from '../../shared/runs/series.js';
import type { Notice } from './notice.js';

export interface PanelView {
  /** How long Redis has not answered, in milliseconds; 0 when it does. Then all else is as it was. */
  readonly redisDownForMs: number;
  /** The run that is shown; null before the first. */
  readonly run: RunView | null;
  /** The run that the first is compared with; null where there is none. */
  readonly baseline: RunView | null;
  /**
   * How one at a time would go on for this run, by a baseline that has not ended or that is of
   * another selection; null where there is none, or a baseline of its own.
   */
  readonly ray: RayView | null;
  /** A second run that was laid over the first. */
  readonly overlay: RunView | null;
  /** Runs of the same comparison at other concurrencies; empty with fewer than three. */
  readonly sweep: readonly SweepStep[];
  /** Concurrency at which the sweep's gain ends; null where it has not been reached. */
  readonly knee: number | null;
  /** The newest runs, to pick from. */
  readonly choices: readonly RunChoice[];
  /** The queue of the run; null before the first. */
  readonly queue: QueueState | null;
  readonly workers: readonly WorkerView[];
  /** What is watched, a sentence each: `comics are watched every 1 h: …`. */
  readonly watches: readonly string[];
  /** What keeps the run from getting on, the most lasting first; empty when nothing does. */
  readonly standstills: readonly Standstill[];
  /** What there is to say above the figures. */
  readonly notices: readonly Notice[];
  /** What to type where there is no run yet; empty where there is one. */
  readonly firstSteps: readonly FirstStep[];
}

/** Commands, and what they are for. */
export interface FirstStep {
  readonly text: string;
  readonly commands: readonly string[];
}

export interface RunView {
  /** `run-7 · 200 comics · concurrency 50: 655 jobs/s (35.1× baseline)`. */
  readonly title: string;
  /** What people call its jobs: `comics`, or `comic` for one. */
  readonly noun: string;
  readonly live: boolean;
  /** Jobs that failed for good, without those that a later run has answered. */
  readonly failed: number;
  readonly report: Report;
  /** The points of its course at which the number of jobs done changes. */
  readonly points: readonly Point[];
  /** Since its first start, in seconds; null for a run that is over or has not begun. */
  readonly elapsedSeconds: number | null;
  /** Jobs that did their work a second, over the last ten seconds; null for a run that is over. */
  readonly recentPerSecond: number | null;
  /** Until its last job is expected to end, in milliseconds; null where that cannot be told. */
  readonly remainingMs: number | null;
}

export interface RayView {
  /** The run that it was measured in. */
  readonly run: number;
  readonly perSecond: number;
}

export interface RunChoice {
  readonly run: number;
  readonly title: string;
  readonly live: boolean;
}

/** A concurrency of a sweep, and its newest run. */
export interface SweepStep extends SweepPoint {
  readonly run: number;
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

/** A queue with its current run, or its last. */
export interface QueueActivity {
  readonly queue: QueueState;
  readonly run: RunView | undefined;
  /** Jobs that did their work a second, over the last ten seconds; undefined without a live run. */
  readonly perSecond: number | undefined;
  readonly workers: number;
  /** The concurrency of its workers together. */
  readonly atATime: number;
}

/** A board of which nothing is known yet. */
export const EMPTY_VIEW: PanelView = {
  redisDownForMs: 0,
  run: null,
  baseline: null,
  ray: null,
  overlay: null,
  sweep: [],
  knee: null,
  choices: [],
  queue: null,
  workers: [],
  watches: [],
  standstills: [],
  notices: [],
  firstSteps: [],
};

/** Names this form of a difference where answer and question say which they use (RFC 3229: `A-IM`, `IM`). */
export const DELTA = 'comic-queue-delta';

/**
 * What has changed between two answers in JSON: of a run that goes on a few figures and the newest points
 * of its course are sent, not the whole view twice a second. What has not changed stays the same object,
 * so that the browser need not draw it again.
 */
export type Delta =
  | { readonly is: unknown }
  | { readonly fields: Readonly<Record<string, Delta>>; readonly gone?: readonly string[] }
  /** Of a list: its first elements stay, and these follow. */
  | { readonly kept: number; readonly added: readonly unknown[] };

/** What makes `after` of `before`; undefined where they are equal. Fields that are undefined are none, as in JSON. */
export function deltaBetween(before: unknown, after: unknown): Delta | undefined {
  if (Object.is(before, after)) return undefined;
  if (Array.isArray(before) && Array.isArray(after)) return listDelta(before, after);
  if (isRecord(before) && isRecord(after)) return recordDelta(before, after);
  return { is: after };
}

/** What `after` was, from `before` and what has changed. */
export function withDelta(before: unknown, delta: Delta): unknown {
  if ('is' in delta) return delta.is;
  if ('kept' in delta) {
    const elements: readonly unknown[] = Array.isArray(before) ? before : [];
    return [...elements.slice(0, delta.kept), ...delta.added];
  }
  const fields = fieldsOf(isRecord(before) ? before : {});
  for (const name of delta.gone ?? []) fields.delete(name);
  for (const [name, change] of Object.entries(delta.fields)) {
    fields.set(name, withDelta(fields.get(name), change));
  }
  return Object.fromEntries(fields);
}

function listDelta(before: readonly unknown[], after: readonly unknown[]): Delta | undefined {
  const differing = after.findIndex(
    (element, index) =>
      index >= before.length || deltaBetween(before[index], element) !== undefined,
  );
  const kept = differing < 0 ? after.length : differing;
  if (kept === before.length && kept === after.length) return undefined;
  return { kept, added: after.slice(kept) };
}

function recordDelta(before: object, after: object): Delta | undefined {
  const [had, has] = [fieldsOf(before), fieldsOf(after)];
  const gone = [...had.keys()].filter((name) => !has.has(name));
  const fields = [...has].flatMap(([name, value]) => {
    const change = had.has(name) ? deltaBetween(had.get(name), value) : { is: value };
    return change === undefined ? [] : [[name, change] as const];
  });
  if (fields.length === 0 && gone.length === 0) return undefined;
  return { fields: Object.fromEntries(fields), ...(gone.length === 0 ? {} : { gone }) };
}

function fieldsOf(record: object): Map<string, unknown> {
  return new Map(
    Object.entries(record).filter(([, value]: [string, unknown]) => value !== undefined),
  );
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
