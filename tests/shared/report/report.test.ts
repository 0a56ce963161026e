import { describe, expect, it } from 'vitest';
import type { Comparison } from '../../../shared/report/comparison.js';
import { buildReport, Report, reportTitle } from '../../../shared/report/report.js';
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
  speedUp: 35.12,
  range: null,
  note: null,
};

describe('buildReport()', () => {
  it('derives every figure from what was counted', () => {
    const report = buildReport(recordedRun(), recordedTally(), SERIES, null);

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
      null,
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
      COMPARISON,
    );

    expect(report.course).toHaveLength(20);
    expect(Object.keys(report.statuses)).toHaveLength(12);
    expect(report.statuses['499']).toBe(99);
    expect(JSON.stringify(report).length).toBeLessThan(4096);
  });

  it.each([
    [{ baseline: '1' }, {}, null],
    [{ baseline: '1' }, { 'worker:w2': '1' }, 'its worker changed'],
    [{ baseline: '1' }, { stalls: '1' }, 'a worker stalled'],
    [{}, { 'worker:w2': '1', stalls: '1' }, null],
  ])('says whether a baseline %j was disturbed by %j', (run, tally, disturbed) => {
    const report = buildReport(recordedRun(run), recordedTally(tally), SERIES, null);

    expect(report.disturbed).toBe(disturbed);
  });

  it('counts one job at a time where the series is too coarse to show it', () => {
    expect(buildReport(recordedRun(), recordedTally(), EMPTY, null).concurrency).toBe(1);
  });
});

describe('reportTitle()', () => {
  const report = buildReport(recordedRun(), recordedTally(), SERIES, null);

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
    [{ throughputPerSecond: null, state: 'open' as const }, 'run-7 · 200 comics · open'],
    [{ queued: 20_000 }, 'run-7 · 20,000 comics · concurrency 10: 100 jobs/s'],
    [{ kind: 'gone', throughputPerSecond: null }, 'run-7 · 200 gone · sealed'],
  ])('of %j', (changes, title) => {
    expect(reportTitle({ ...report, ...changes })).toBe(title);
  });
});
