/** Reports of runs that never were. */

import { comparisonFilesIn } from '../../../cli/compare/files.js';
import {
  buildComparisonReport,
  type Circumstances,
  type ComparisonReport,
  type Measured,
} from '../../../cli/compare/report.js';
import type { Report } from '../../../shared/report/report.js';

/** The report of an ended run of 200 comics that took this long. */
function stagedReport(run: number, wallMs: number, changes: Partial<Report> = {}): Report {
  return {
    run,
    kind: 'comic',
    queue: changes.baseline === true ? 'comics-baseline' : 'comics',
    baseline: false,
    state: 'ended',
    site: 'https://xkcd.com/{id}/info.0.json',
    selection: '1-200',
    digest: 'd1',
    refetch: true,
    group: 1,
    pass: 1,
    title: '',
    createdAtMs: 1_700_000_000_000,
    startedAtMs: 1_700_000_000_100,
    asked: 200,
    duplicates: 0,
    queued: 200,
    added: 200,
    ended: 200,
    outcomes: { stored: 200 },
    reasons: { stored: 200 },
    statuses: { 200: 200 },
    retries: {},
    bytes: 100_000,
    wallMs,
    throughputPerSecond: 200_000 / wallMs,
    concurrency: changes.baseline === true ? 1 : 50,
    fetch: { count: 200, p50Ms: 51, p95Ms: 58, p99Ms: 61, longestMs: 63, sumMs: 10_300 },
    idealMs: changes.baseline === true ? 10_300 : 206,
    efficiency: (changes.baseline === true ? 10_300 : 206) / wallMs,
    workers: 1,
    course: [],
    stalls: 0,
    disturbed: null,
    recovered: 0,
    retriedBy: null,
    medians: null,
    comparison: null,
    ...changes,
  };
}

/** A baseline of a pass. */
export function baselineAt(
  pass: number,
  run: number,
  wallMs: number,
  changes: Partial<Report> = {},
): Measured {
  const report = stagedReport(run, wallMs, { baseline: true, pass, ...changes });
  return { pass, asked: undefined, report };
}

/** A run of a pass at a concurrency. */
export function runAt(
  pass: number,
  asked: number,
  [run, wallMs]: readonly [number, number],
  changes: Partial<Report> = {},
): Measured {
  const report = stagedReport(run, wallMs, { pass, concurrency: asked, ...changes });
  return { pass, asked, report };
}

/** One pass: 10.6 s one at a time, 0.3 s fifty at a time. */
export const ONE_PASS: [Measured, ...Measured[]] = [
  baselineAt(1, 1, 10_600),
  runAt(1, 50, [2, 300]),
];

/** Three passes, the second of which has the median ratio. */
export const THREE_PASSES: [Measured, ...Measured[]] = [
  baselineAt(1, 1, 10_600),
  runAt(1, 50, [2, 265]),
  baselineAt(2, 3, 10_500),
  runAt(2, 50, [4, 300]),
  baselineAt(3, 5, 10_400),
  runAt(3, 50, [6, 325]),
];

/** A sweep over five concurrencies that bends at 20. */
export const SWEEP: [Measured, ...Measured[]] = [
  baselineAt(1, 1, 10_000),
  runAt(1, 1, [2, 10_000]),
  runAt(1, 2, [3, 5000]),
  runAt(1, 10, [4, 1000]),
  runAt(1, 20, [5, 500]),
  runAt(1, 50, [6, 480]),
];

/** The document of a comparison. */
export function stagedComparison(
  measured: [Measured, ...Measured[]],
  changes: Partial<Circumstances> = {},
): ComparisonReport {
  return buildComparisonReport(measured, {
    startedAtMs: 1_700_000_000_000,
    passes: 1,
    warmUp: false,
    workers: 'own',
    ratePerSecond: undefined,
    interruption: undefined,
    files: comparisonFilesIn('data/compare/run-1'),
    ...changes,
  });
}
