import { describe, expect, it } from 'vitest';
import {
  compareToBaseline,
  type Measured,
  type Medians,
} from '../../../shared/report/comparison.js';

const BASELINE: Measured = {
  run: 1,
  digest: 'd',
  ended: 200,
  outcomes: { stored: 200 },
  throughputPerSecond: 20,
  wallMs: 10_000,
  medians: null,
};
const MEASURED: Measured = { ...BASELINE, run: 2, throughputPerSecond: 700, wallMs: 286 };
const MEDIANS: Medians = {
  passes: 3,
  warmUp: false,
  wallMs: 8000,
  throughputPerSecond: 25,
  concurrency: 1,
  idealMs: null,
  efficiency: null,
};

describe('compareToBaseline()', () => {
  it('divides the throughputs of two runs that did the same', () => {
    expect(compareToBaseline(MEASURED, BASELINE)).toEqual({
      baselineRun: 1,
      label: 'same selection',
      baselineThroughputPerSecond: 20,
      baselineWallMs: 10_000,
      speedUp: 35,
      estimate: null,
      range: null,
      note: null,
    });
  });

  it('has no number, but an estimate, against a baseline that asked for something else', () => {
    expect(compareToBaseline({ ...MEASURED, digest: 'e' }, BASELINE)).toMatchObject({
      label: 'other selection',
      speedUp: null,
      estimate: 35,
      note: 'the baseline has another selection',
    });
  });

  it('does not even estimate where the outcomes differ', () => {
    const kept = { ...MEASURED, digest: 'e', outcomes: { stored: 100, kept: 100 } };

    expect(compareToBaseline(kept, BASELINE)).toMatchObject({
      speedUp: null,
      estimate: null,
      note: '100 already kept',
    });
  });

  it('takes the medians of a side that was measured several times', () => {
    expect(compareToBaseline(MEASURED, { ...BASELINE, medians: MEDIANS })).toMatchObject({
      baselineThroughputPerSecond: 25,
      baselineWallMs: 8000,
      speedUp: 28,
    });
    expect(compareToBaseline({ ...MEASURED, medians: MEDIANS }, BASELINE).speedUp).toBe(1.25);
  });

  it('compares shares, so that a baseline may be shorter', () => {
    const shorter = { ...BASELINE, ended: 20, outcomes: { stored: 20 } };

    expect(compareToBaseline(MEASURED, shorter).speedUp).toBe(35);
  });

  it.each([
    [{ outcomes: { stored: 197, kept: 3 } }, {}, '3 already kept'],
    [{ throughputPerSecond: null, ended: 0, outcomes: {} }, {}, 'no job has ended'],
    [{ throughputPerSecond: null, outcomes: { invalid: 200 } }, {}, 'no job did its work'],
    [{ throughputPerSecond: null }, {}, 'the jobs took no time that can be measured'],
    [
      {},
      { throughputPerSecond: null, outcomes: { kept: 200 } },
      'no job of the baseline did its work',
    ],
    [
      { outcomes: { stored: 150, missing: 50 } },
      {},
      '25.0 % fewer stored than the baseline (150 of 200 against 200 of 200)',
    ],
    [
      { ended: 2000, outcomes: { stored: 1500, missing: 500 } },
      { outcomes: { stored: 150, invalid: 50 } },
      '25.0 % more missing than the baseline (500 of 2,000 against 0 of 200)',
    ],
    [{}, { ended: 0, outcomes: {} }, '0 jobs are too few to measure (10 are needed)'],
    [{ ended: 3, outcomes: { stored: 3 } }, {}, '3 jobs are too few to measure (10 are needed)'],
    [{}, { ended: 1, outcomes: { slept: 1 } }, '1 job is too few to measure (10 are needed)'],
    [
      { ended: 0, outcomes: { stored: 10 } },
      {},
      '100.0 % fewer stored than the baseline (10 of 0 against 200 of 200)',
    ],
  ])('gives no number for %j against %j', (measured, baseline, note) => {
    const comparison = compareToBaseline(
      { ...MEASURED, ...measured },
      { ...BASELINE, ...baseline },
    );

    expect(comparison).toMatchObject({ speedUp: null, note });
  });

  it('allows one in a hundred to differ', () => {
    const measured = { ...MEASURED, outcomes: { stored: 198, kept: 2 } };

    expect(compareToBaseline(measured, BASELINE).speedUp).toBe(35);
  });
});
