import { describe, expect, it } from 'vitest';
import {
  combinePasses,
  compareToBaseline,
  median,
  type Measured,
} from '../../../shared/report/comparison.js';

const BASELINE: Measured = {
  run: 1,
  digest: 'd',
  ended: 200,
  outcomes: { stored: 200 },
  throughputPerSecond: 20,
};
const MEASURED: Measured = { ...BASELINE, run: 2, throughputPerSecond: 700 };

describe('compareToBaseline()', () => {
  it('divides the throughputs of two runs that did the same', () => {
    expect(compareToBaseline(MEASURED, BASELINE)).toEqual({
      baselineRun: 1,
      label: 'same selection',
      baselineThroughputPerSecond: 20,
      speedUp: 35,
      range: null,
      note: null,
    });
  });

  it('says that the baseline asked for something else', () => {
    expect(compareToBaseline({ ...MEASURED, digest: 'e' }, BASELINE).label).toBe('other selection');
  });

  it('compares shares, so that a baseline may be shorter', () => {
    const shorter = { ...BASELINE, ended: 20, outcomes: { stored: 20 } };

    expect(compareToBaseline(MEASURED, shorter).speedUp).toBe(35);
  });

  it.each([
    [{ outcomes: { stored: 197, kept: 3 } }, {}, '3 already kept'],
    [{ throughputPerSecond: null }, {}, 'no job did its work'],
    [{}, { throughputPerSecond: null }, 'no job of the baseline did its work'],
    [
      { outcomes: { stored: 150, missing: 50 } },
      {},
      '25.0 % more or fewer stored than the baseline',
    ],
    [
      { outcomes: { stored: 150, missing: 50 } },
      { outcomes: { stored: 150, invalid: 50 } },
      '25.0 % more or fewer missing than the baseline',
    ],
    [{}, { ended: 0, outcomes: {} }, '100.0 % more or fewer stored than the baseline'],
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

describe('combinePasses()', () => {
  it('takes the median, and a range from three passes on', () => {
    expect(combinePasses([30, 10, 20])).toEqual({ speedUp: 20, range: [10, 30] });
    expect(combinePasses([30, 10])).toEqual({ speedUp: 20, range: null });
  });
});

describe('median()', () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
    [[7], 7],
    [[], Number.NaN],
  ])('of %j', (values, middle) => {
    expect(median(values)).toBe(middle);
  });
});
