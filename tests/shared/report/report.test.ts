import { describe, expect, it } from 'vitest';
import { type Comparison, type Medians, workDone } from '../../../shared/report/comparison.js';
import {
  buildReport,
  efficiency,
  idealMs,
  measureOf,
  Report,
  reportTitle,
  retriesOf,
  throughputPerSecond,
  wallMsOf,
} from '../../../shared/report/report.js';
import { recordedRun, recordedTally } from './recorded.js';

const SERIES = {
  points: [
    [0, 0, 0],
    [1, 90, 10],
    [2, 200, 0],
  ] as [number, number, number][],
};
const EMPTY = { points: [] };

const COMPARISON: Comparison = {
  baselineRun: 6,
  label: 'same selection',
  baselineThroughputPerSecond: 10,
  baselineWallMs: 20_000,
  speedUp: 35.12,
  estimate: null,
  range: null,
  note: null,
};

const MEDIANS: Medians = {
  passes: 3,
  warmUp: false,
  wallMs: 570,
  throughputPerSecond: 351.2,
  concurrency: 50,
  idealMs: null,
  efficiency: null,
};

describe('buildReport()', () => {
  it('lets the time of a run go on while jobs of it are left, and no longer', () => {
    const { firstStartMs = 0 } = recordedTally();
    const later = firstStartMs + 10_000;
    const whole = buildReport(recordedRun(), recordedTally(), SERIES, later);
    const half = recordedTally({ ended: '100', 'outcome:stored': '100' });

    expect(whole).toMatchObject({ wallMs: 2000, throughputPerSecond: 100 });
    expect(buildReport(recordedRun(), half, SERIES, later)).toMatchObject({
      wallMs: 10_000,
      throughputPerSecond: 10,
    });
    // A clock that was set back takes nothing from it.
    expect(buildReport(recordedRun(), half, SERIES, firstStartMs).wallMs).toBe(2000);
  });

  it('derives every figure from what was counted', () => {
    const report = buildReport(recordedRun(), recordedTally(), SERIES);

    expect(report).toMatchObject({
      run: 7,
      queue: 'comics',
      asked: 201,
      duplicates: 1,
      queued: 200,
      ended: 200,
      outcomes: { stored: 200 },
      wallMs: 2000,
      throughputPerSecond: 100,
      concurrency: 10,
      idealMs: 1040,
      efficiency: 0.52,
      workers: 1,
      disturbed: null,
      fetch: { count: 200, longestMs: 60, sumMs: 10_400 },
    });
    expect(report.fetch.p50Ms).toBeGreaterThan(51);
    expect(report.fetch.p50Ms).toBeLessThan(54);
    expect(Report.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
  });

  it('leaves out what is not known before the first job has ended', () => {
    const nothing = { ended: '0', 'outcome:stored': '0', fetches: '0', fetchSumMs: '0' };
    const { firstStartMs: _first, lastEndMs: _last, ...tally } = recordedTally(nothing);

    const report = buildReport(
      recordedRun(),
      { ...tally, firstStartMs: undefined, lastEndMs: undefined },
      EMPTY,
    );

    expect(report).toMatchObject({
      outcomes: {},
      startedAtMs: null,
      wallMs: null,
      throughputPerSecond: null,
      concurrency: 0,
      idealMs: null,
      efficiency: null,
    });
  });

  it('stays below 4 KiB with a long selection and many reasons', () => {
    const statuses: Record<string, string> = {};
    for (let status = 400; status < 500; status += 1) {
      statuses[`status:${status}`] = String(status - 400);
    }

    const report = buildReport(
      recordedRun({ selection: 'x'.repeat(4096), site: `https://x.invalid/${'y'.repeat(500)}` }),
      recordedTally(statuses),
      { points: Array.from({ length: 512 }, (_, index) => [1e5 + index / 1000, 1e7, 1e4]) },
    );

    expect(report.course).toHaveLength(20);
    expect(Object.keys(report.statuses)).toHaveLength(12);
    expect(report.statuses['499']).toBe(99);
    expect(JSON.stringify({ ...report, comparison: COMPARISON }).length).toBeLessThan(4096);
  });

  it.each([
    [{ baseline: '1' }, {}, null],
    [{ baseline: '1' }, { 'worker:w2': '1' }, 'its worker changed'],
    [{ baseline: '1' }, { stalls: '1' }, 'a worker stalled'],
    [{}, { 'worker:w2': '1', stalls: '1' }, null],
  ])('says whether a baseline %j was disturbed by %j', (run, tally, disturbed) => {
    const report = buildReport(recordedRun(run), recordedTally(tally), SERIES);

    expect(report.disturbed).toBe(disturbed);
  });

  it('counts one job at a time where the series is too coarse to show it', () => {
    expect(buildReport(recordedRun(), recordedTally(), EMPTY).concurrency).toBe(1);
  });
});

describe('reportTitle()', () => {
  const report = buildReport(recordedRun(), recordedTally(), SERIES);

  it.each([
    [{}, 'run-7 · 200 comics · concurrency 10: 100 jobs/s'],
    [
      { comparison: COMPARISON },
      'run-7 · 200 comics · concurrency 10: 100 jobs/s (35.1× baseline)',
    ],
    [
      { comparison: { ...COMPARISON, speedUp: null, note: '3 already kept' } },
      'run-7 · 200 comics · concurrency 10: 100 jobs/s',
    ],
    [{ baseline: true }, 'run-7 · 200 comics · concurrency 10: 100 jobs/s (baseline)'],
    [
      { comparison: { ...COMPARISON, speedUp: null, estimate: 6, note: 'another selection' } },
      'run-7 · 200 comics · concurrency 10: 100 jobs/s',
    ],
    [
      { comparison: COMPARISON, medians: MEDIANS },
      'run-7 · 200 comics · concurrency 50: 351 jobs/s (35.1× baseline, median of 3)',
    ],
    [
      { baseline: true, medians: MEDIANS },
      'run-7 · 200 comics · concurrency 50: 351 jobs/s (baseline, median of 3)',
    ],
    [{ group: 7 }, 'run-7 · 200 comics · concurrency 10: 100 jobs/s (warm-up)'],
    [{ throughputPerSecond: null, state: 'open' as const }, 'run-7 · 200 comics · open'],
    [{ queued: 20_000 }, 'run-7 · 20,000 comics · concurrency 10: 100 jobs/s'],
    [{ kind: 'gone', throughputPerSecond: null }, 'run-7 · 200 gone · sealed'],
  ])('of %j', (changes, title) => {
    expect(reportTitle({ ...report, ...changes })).toBe(title);
  });
});

describe('measureOf()', () => {
  const baseline = buildReport(recordedRun({ baseline: '1' }), recordedTally(), SERIES);

  it.each([
    ['site', {}],
    ['selection', { outcomes: { stored: 5, kept: 195 } }],
    ['none', { baseline: false }],
    ['none', { disturbed: 'a worker stalled' }],
    ['none', { throughputPerSecond: null }],
  ])('is %s of a baseline with %j', (use, changes) => {
    expect(measureOf({ ...baseline, ...changes })).toBe(use);
  });
});

const OUTCOMES = { stored: 90, missing: 5, slept: 5, kept: 50, refused: 7 };

describe('throughputPerSecond()', () => {
  it('counts the jobs that did their work, from the first start to the last end', () => {
    const span = { outcomes: OUTCOMES, firstStartMs: 1000, lastEndMs: 3000 };

    expect(workDone(OUTCOMES)).toBe(100);
    expect(wallMsOf(span)).toBe(2000);
    expect(throughputPerSecond(span)).toBe(50);
  });

  it.each([
    { outcomes: OUTCOMES, firstStartMs: undefined, lastEndMs: undefined },
    { outcomes: OUTCOMES, firstStartMs: 1000, lastEndMs: undefined },
    { outcomes: OUTCOMES, firstStartMs: 1000, lastEndMs: 1000 },
    { outcomes: { kept: 50 }, firstStartMs: 1000, lastEndMs: 3000 },
  ])('is not known of %j', (span) => {
    expect(throughputPerSecond(span)).toBeUndefined();
  });
});

describe('idealMs()', () => {
  it('is bounded by the longest fetch and by the sum shared out', () => {
    expect(idealMs({ jobs: 20, longestMs: 60, sumMs: 1000, concurrency: 10 })).toBe(100);
    expect(idealMs({ jobs: 20, longestMs: 300, sumMs: 1000, concurrency: 10 })).toBe(300);
  });

  it.each([
    { jobs: 1, longestMs: 0, sumMs: 0, concurrency: 10 },
    { jobs: 1, longestMs: 60, sumMs: 60, concurrency: 0 },
    { jobs: 1_000_000, longestMs: 0.4, sumMs: 3.4, concurrency: 50 },
  ])('is not known of %j', (input) => {
    expect(idealMs(input)).toBeUndefined();
  });
});

describe('efficiency()', () => {
  it('is ideal over measured, where both are known', () => {
    expect(efficiency(90, 100)).toBe(0.9);
    expect(efficiency(undefined, 100)).toBeUndefined();
    expect(efficiency(90, undefined)).toBeUndefined();
    expect(efficiency(90, 0)).toBeUndefined();
  });
});

describe('what a report says of other producers and runs', () => {
  it('counts the jobs added so far while the producer may still add some', () => {
    const added = (state: string): number =>
      buildReport(recordedRun({ state, acknowledged: '50' }), recordedTally(), EMPTY).added;

    expect(['open', 'abandoned', 'sealed'].map(added)).toEqual([50, 50, 200]);
  });

  it('names the run that tried its failures again, or none', () => {
    expect(retriesOf(recordedRun())).toEqual({ recovered: 0, retriedBy: null });
    expect(retriesOf(recordedRun({ recovered: '3', retriedBy: '9' }))).toEqual({
      recovered: 3,
      retriedBy: 9,
    });
  });
});
