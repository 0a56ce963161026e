import { describe, expect, it, test } from 'vitest';
import type { Medians } from '../../../shared/report/comparison.js';
import {
  combinePasses,
  isWarmUp,
  median,
  mediansOf,
  middleOf,
  outliersOf,
  shownFigures,
} from '../../../shared/report/passes.js';

/** A pass of 200 jobs that took this long, in milliseconds. */
function pass(wallMs: number): Omit<Medians, 'passes' | 'warmUp'> {
  return {
    wallMs,
    throughputPerSecond: 200_000 / wallMs,
    concurrency: 50,
    idealMs: 200,
    efficiency: 200 / wallMs,
  };
}

const RUNS = [250, 400, 500].map(pass);
const BASELINES = [10_000, 8000, 12_000].map(pass);

describe('mediansOf()', () => {
  it('is the median of each figure', () => {
    expect(mediansOf(RUNS, true)).toEqual({ passes: 3, warmUp: true, ...pass(400) });
  });

  it('leaves out what a pass has not', () => {
    const none = { ...pass(300), wallMs: null, throughputPerSecond: null, efficiency: null };

    expect(mediansOf([none], false)).toMatchObject({ passes: 1, wallMs: null, efficiency: null });
    expect(mediansOf([none, pass(400)], false)).toMatchObject({ passes: 2, wallMs: 400 });
  });
});

describe('combinePasses()', () => {
  const run = mediansOf(RUNS, false);
  const baseline = mediansOf(BASELINES, false);

  it('is the ratio of the figures that stand beside it, and has a range from three passes on', () => {
    const { speedUp, range } = combinePasses([40, 20, 24], run, baseline);

    expect(speedUp).toBe(25);
    expect(speedUp).toBeCloseTo(
      (run.throughputPerSecond ?? 0) / (baseline.throughputPerSecond ?? 1),
    );
    expect(range).toEqual([20, 40]);
    expect(combinePasses([40, 20], run, baseline).range).toBeNull();
  });

  it('never lies outside the range of the single ratios', () => {
    for (let round = 0; round < 200; round += 1) {
      const times = (seed: number): number[] =>
        [1, 2, 3, 4, 5].map((index) => 1 + ((index * seed * 7919) % 997));
      const [some, others] = [times(round + 1), times(round + 13)];
      const ratios = some.map((wallMs, index) => (others[index] ?? 0) / wallMs);

      const { speedUp, range } = combinePasses(
        ratios,
        mediansOf(some.map(pass), false),
        mediansOf(others.map(pass), false),
      );

      expect(speedUp).toBeGreaterThanOrEqual((range?.[0] ?? 0) - 1e-9);
      expect(speedUp).toBeLessThanOrEqual((range?.[1] ?? 0) + 1e-9);
    }
  });

  it('is nothing without a ratio or a figure', () => {
    const nothing = { speedUp: null, range: null };

    expect(combinePasses([], run, baseline)).toEqual(nothing);
    expect(combinePasses([1], { ...run, throughputPerSecond: null }, baseline)).toEqual(nothing);
    expect(combinePasses([1], run, { ...baseline, throughputPerSecond: null })).toEqual(nothing);
  });
});

describe('middleOf()', () => {
  it('is the pass of the median throughput', () => {
    expect(middleOf(BASELINES)).toEqual(pass(10_000));
    expect(middleOf(RUNS.slice(0, 2))).toEqual(pass(400));
    expect(middleOf([{ throughputPerSecond: null }, pass(1)])?.throughputPerSecond).toBeNull();
    expect(middleOf([pass(1), { throughputPerSecond: null }])?.throughputPerSecond).toBeNull();
    expect(middleOf(RUNS.slice(0, 0))).toBeUndefined();
  });
});

describe('shownFigures()', () => {
  it('are those of all passes, else its own', () => {
    const medians = mediansOf(RUNS, false);

    expect(shownFigures({ ...pass(250), medians })).toBe(medians);
    expect(shownFigures({ ...pass(250), medians: null })).toEqual({
      passes: 1,
      warmUp: false,
      ...pass(250),
    });
  });
});

describe('isWarmUp()', () => {
  it('is the run of a group that is no pass', () => {
    expect(isWarmUp({ group: 7, pass: 0 })).toBe(true);
    expect(isWarmUp({ group: 7, pass: 1 })).toBe(false);
    expect(isWarmUp({ group: 0, pass: 0 })).toBe(false);
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
