import { describe, expect, test } from 'vitest';
import { comparisonOf, stepsOf } from '../../../cli/compare/report.js';
import { baselineAt, ONE_PASS, runAt, SWEEP, THREE_PASSES } from './staged-report.js';

const OWN = { severalWorkers: false };

describe('stepsOf()', () => {
  test('sets a run against the baseline of its pass', () => {
    const [step, ...others] = stepsOf(ONE_PASS, OWN);

    expect(others).toEqual([]);
    expect(step).toMatchObject({ asked: 50, range: null, note: null });
    expect(step?.speedUp).toBeCloseTo(10_600 / 300);
  });

  test('takes the median of the ratios of the passes, their range, and shows its pair', () => {
    const [step] = stepsOf(THREE_PASSES, OWN);

    expect(step?.ratios.map(Math.round)).toEqual([40, 35, 32]);
    expect(step?.speedUp).toBe(35);
    expect(step?.range).toEqual([32, 40]);
    expect(step?.shown).toMatchObject({ pass: 2, baseline: { run: 3 }, run: { run: 4 } });
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
    expect(step?.note).toContain('25.0 % more or fewer');
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

    const connected = { severalWorkers: true };

    expect(stepsOf([turns, run], connected)[0]?.speedUp).toBeCloseTo(35.3, 1);
    expect(stepsOf([stall, run], connected)[0]?.speedUp).toBeNull();
  });
});

describe('comparisonOf()', () => {
  test('is what the record of the last run keeps', () => {
    const [step] = stepsOf(THREE_PASSES, OWN);

    expect(step === undefined ? undefined : comparisonOf(step)).toEqual({
      baselineRun: 3,
      label: 'same selection',
      baselineThroughputPerSecond: 200_000 / 10_500,
      speedUp: 35,
      range: [32, 40],
      note: null,
      passes: 3,
    });
  });

  test('has no range with fewer than three passes', () => {
    const [step] = stepsOf(ONE_PASS, OWN);

    expect(step === undefined ? undefined : comparisonOf(step).range).toBeNull();
  });
});
