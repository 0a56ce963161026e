/** Views for the panel's pure parts: a run of 200 comics beside its baseline. */

import { EMPTY_VIEW, type PanelView, type RunView } from '../../../dashboard/api/panel-view.js';
import type { Report } from '../../../shared/report/report.js';
import { emptyQueueState } from '../../../shared/queues/queue-state.js';

const REPORT: Report = {
  run: 7,
  kind: 'comic',
  queue: 'comics',
  baseline: false,
  state: 'ended',
  site: 'https://xkcd.com/{id}/info.0.json',
  selection: '1-200',
  digest: 'd',
  refetch: true,
  group: 0,
  pass: 0,
  title: '',
  createdAtMs: 1_795_000_000_000,
  startedAtMs: 1_795_000_000_100,
  asked: 200,
  duplicates: 0,
  queued: 200,
  added: 200,
  ended: 200,
  outcomes: { stored: 200 },
  reasons: { stored: 200 },
  statuses: { 200: 200 },
  retries: {},
  bytes: 200_000,
  wallMs: 305,
  throughputPerSecond: 655,
  concurrency: 50,
  fetch: { count: 200, p50Ms: 52.4, p95Ms: 60, p99Ms: 1200, longestMs: 1200, sumMs: 11_000 },
  idealMs: 220,
  efficiency: 0.72,
  course: [],
  workers: 1,
  stalls: 0,
  disturbed: null,
  recovered: 0,
  retriedBy: null,
  medians: {
    passes: 5,
    warmUp: false,
    wallMs: 305,
    throughputPerSecond: 655,
    concurrency: 50,
    idealMs: 220,
    efficiency: 0.72,
  },
  comparison: {
    baselineRun: 6,
    label: 'same selection',
    baselineThroughputPerSecond: 18.7,
    baselineWallMs: 10_700,
    speedUp: 35.1,
    estimate: null,
    range: [34.2, 36],
    note: null,
  },
};

export const RUN: RunView = {
  title: 'run-7 · 200 comics · concurrency 50: 655 jobs/s (35.1× baseline)',
  noun: 'comics',
  live: false,
  failed: 0,
  report: REPORT,
  points: [
    [0, 0, 50],
    [0.1, 50, 50],
    [0.305, 200, 0],
  ],
  elapsedSeconds: null,
  recentPerSecond: null,
  remainingMs: null,
};

export const BASELINE: RunView = {
  ...RUN,
  title: 'run-6 · 200 comics · concurrency 1: 18.7 jobs/s (baseline)',
  report: {
    ...RUN.report,
    run: 6,
    queue: 'comics-baseline',
    baseline: true,
    throughputPerSecond: 18.7,
    concurrency: 1,
    medians: null,
    comparison: null,
  },
  points: [
    [0, 0, 1],
    [10.7, 200, 0],
  ],
};

export const VIEW: PanelView = {
  ...EMPTY_VIEW,
  run: RUN,
  baseline: BASELINE,
  queue: emptyQueueState('comics'),
  workers: [{ name: 'w1', host: 'h', concurrency: 50, active: 0, trouble: null }],
};

/** The run with other facts in its report. */
export function runWith(changes: Partial<RunView['report']>): RunView {
  return { ...RUN, report: { ...RUN.report, ...changes } };
}
