import { describe, expect, test } from 'vitest';
import { doublingAxis, linearAxis } from '../../../shared/report/chart-axis.js';

const PAPER = { from: 100, to: 300 };

describe('linearAxis()', () => {
  test('places values in proportion', () => {
    const axis = linearAxis(10, PAPER, { wanted: 5, stepMin: 0 });

    expect([0, 5, 10].map(axis.place)).toEqual([100, 200, 300]);
  });

  test.each([
    [10, 5, [0, 2, 4, 6, 8, 10]],
    [208, 5, [0, 50, 100, 150, 200]],
    [0.33, 5, [0, 0.1, 0.2, 0.3]],
    [0.3, 3, [0, 0.1, 0.2, 0.3]],
    [11, 8, [0, 2, 4, 6, 8, 10]],
    [7, 1, [0]],
    [1_000_000, 4, [0, 500_000, 1_000_000]],
  ])('ticks an axis up to %d about %d times at round numbers', (end, wanted, ticks) => {
    expect(linearAxis(end, PAPER, { wanted, stepMin: 0 }).ticks).toEqual(ticks);
  });

  test('counts whole things in whole numbers', () => {
    expect(linearAxis(3.1, PAPER, { wanted: 5, stepMin: 1 }).ticks).toEqual([0, 1, 2, 3]);
  });

  test('is an axis also where there is nothing', () => {
    expect(linearAxis(0, PAPER, { wanted: 5, stepMin: 1 }).ticks).toEqual([0, 1]);
  });
});

describe('doublingAxis()', () => {
  test('gives each doubling the same room', () => {
    const axis = doublingAxis(1, 16, PAPER);

    expect([1, 2, 4, 8, 16].map(axis.place)).toEqual([100, 150, 200, 250, 300]);
    expect(axis.ticks).toEqual([1, 2, 5, 10]);
  });

  test('reaches below one', () => {
    expect(doublingAxis(0.4, 3, PAPER).ticks).toEqual([0.5, 1, 2]);
  });

  test('spans at least one doubling', () => {
    expect(doublingAxis(1, 1, PAPER).place(2)).toBe(300);
  });
});
