import { describe, expect, test } from 'vitest';
import { passesByRun, stepsOf } from '../../../cli/compare/report.js';
import {
  baselineAt,
  ONE_PASS,
  runAt,
  stagedComparison,
  SWEEP,
  THREE_PASSES,
} from './staged-report.js';

const OWN = { severalWorkers: false, warmUp: false };

describe('stepsOf()', () => {
  test('sets a run against the baseline of its pass', () => {
    const [step, ...others] = stepsOf(ONE_PASS, OWN);

    expect(others).toEqual([]);
    expect(step).toMatchObject({ asked: 50, range: null, note: null });
    expect(step?.speedUp).toBeCloseTo(10_600 / 300);
  });

  test('takes the ratio of the medians of the passes, and the range of their ratios', () => {
    const [step] = stepsOf(THREE_PASSES, OWN);

    expect(step?.ratios.map(Math.round)).toEqual([40, 35, 32]);
    expect(step?.speedUp).toBe(35);
    expect(step?.range).toEqual([32, 40]);
    expect(step?.run).toMatchObject({ passes: 3, wallMs: 300 });
    expect(step?.baseline).toMatchObject({ passes: 3, wallMs: 10_500 });
  });

  test('keeps the concurrencies of a sweep apart, in order', () => {
    const steps = stepsOf(SWEEP, OWN);

    expect(steps.map(({ asked, speedUp }) => [asked, Math.round(speedUp ?? 0)])).toEqual([
      [1, 1],
      [2, 2],
      [10, 10],
      [20, 20],
      [50, 21],
    ]);
  });

  test('has no step for a baseline alone, nor for a run without its baseline', () => {
    expect(stepsOf([baselineAt(1, 1, 10_000)], OWN)).toEqual([]);
    expect(stepsOf([baselineAt(1, 1, 10_000), runAt(2, 50, [2, 300])], OWN)).toEqual([]);
  });

  test('names the reason instead of a number when the outcomes differ', () => {
    const outcomes = { stored: 150, blocked: 50 };

    const [step] = stepsOf([ONE_PASS[0], runAt(1, 50, [2, 300], { outcomes })], OWN);

    expect(step?.speedUp).toBeNull();
    expect(step?.ratios).toEqual([]);
    expect(step?.note).toBe(
      '25.0 % fewer stored than the baseline (150 of 200 against 200 of 200)',
    );
  });

  test('uses no disturbed baseline', () => {
    const disturbed = 'its worker changed';

    const [step] = stepsOf([baselineAt(1, 1, 10_600, { disturbed }), runAt(1, 50, [2, 300])], OWN);

    expect(step).toMatchObject({
      speedUp: null,
      note: 'the baseline was disturbed: its worker changed',
    });
  });

  test('lets connected workers take turns, but not stall', () => {
    const disturbed = 'its worker changed';
    const turns = baselineAt(1, 1, 10_600, { disturbed, workers: 2 });
    const stall = baselineAt(1, 1, 10_600, { disturbed: 'a worker stalled', stalls: 1 });
    const run = runAt(1, 50, [2, 300]);

    const connected = { severalWorkers: true, warmUp: false };

    expect(stepsOf([turns, run], connected)[0]?.speedUp).toBeCloseTo(35.3, 1);
    expect(stepsOf([stall, run], connected)[0]?.speedUp).toBeNull();
  });
});

describe('buildComparisonReport()', () => {
  test('has figures whose ratio is the speed-up, whichever pass has which', () => {
    const report = stagedComparison([
      baselineAt(1, 1, 12_000),
      runAt(1, 10, [2, 1000]),
      runAt(1, 50, [3, 300]),
      baselineAt(2, 4, 8000),
      runAt(2, 10, [5, 1200]),
      runAt(2, 50, [6, 250]),
      baselineAt(3, 7, 10_000),
      runAt(3, 10, [8, 900]),
      runAt(3, 50, [9, 400]),
    ]);

    expect(report.baseline).toMatchObject({ run: 7, wallMs: 10_000, runs: [1, 4, 7] });
    expect(report.steps.map(({ run, wallMs, speedUp }) => [run, wallMs, speedUp])).toEqual([
      [2, 1000, 10],
      [3, 300, expect.closeTo(100 / 3) as number],
    ]);
  });
});

describe('passesByRun()', () => {
  test('is the same in the record of every run of a step, and of every baseline', () => {
    const byRun = passesByRun(THREE_PASSES, OWN);

    expect([...byRun.keys()]).toEqual([1, 3, 5, 2, 4, 6]);
    for (const run of [2, 4, 6]) {
      expect(byRun.get(run)).toMatchObject({
        medians: { passes: 3, wallMs: 300, throughputPerSecond: 200_000 / 300 },
        comparison: {
          baselineRun: 3,
          label: 'same selection',
          baselineThroughputPerSecond: 200_000 / 10_500,
          baselineWallMs: 10_500,
          speedUp: 35,
          range: [32, 40],
          note: null,
        },
      });
    }
    for (const run of [1, 3, 5]) {
      expect(byRun.get(run)).toMatchObject({ medians: { wallMs: 10_500 }, comparison: null });
    }
  });

  test('has no range with fewer than three passes, and nothing without a baseline', () => {
    expect(passesByRun(ONE_PASS, OWN).get(2)?.comparison?.range).toBeNull();
    expect(passesByRun([runAt(1, 50, [2, 300])], OWN).size).toBe(0);
  });
});
