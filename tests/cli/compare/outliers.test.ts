import { describe, expect, test } from 'vitest';
import { outliersOf } from '../../../cli/compare/outliers.js';

describe('outliersOf()', () => {
  test.each([
    ['a pass three times as long', [3000, 3050, 9000, 2990, 3010], [2]],
    ['a pass half as long', [3000, 3050, 1500, 2990, 3010], [2]],
    ['one of three', [3000, 3010, 3500], [2]],
    ['two of seven', [9000, 3050, 9100, 2990, 3010, 3020, 3000], [0, 2]],
  ])('finds %s', (_, times, expected) => {
    expect(outliersOf(times)).toEqual(expected);
  });

  test.each([
    ['passes that vary', [2700, 3000, 3300, 3100, 2800]],
    // (1.5 - 1) / 0.05 is 10: beyond three standard deviations, within ten.
    ['what is not ten standard deviations away', [0.9, 0.95, 1, 1.05, 1.5].map((s) => s * 1000)],
    [
      'a difference too small to matter, however even the others are',
      [3000, 3000, 3000, 3001, 3060],
    ],
    ['one of two', [3000, 9000]],
    ['nothing', []],
  ])('finds none among %s', (_, times) => {
    expect(outliersOf(times)).toEqual([]);
  });
});
