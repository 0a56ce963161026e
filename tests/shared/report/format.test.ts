import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDone,
  formatDuration,
  formatElapsed,
  formatEstimate,
  formatEstimatedSpeedUp,
  formatPasses,
  formatMilliseconds,
  formatInterval,
  formatPace,
  formatPerSecond,
  formatRate,
  formatRoughDuration,
  formatShare,
  formatShortRate,
  formatSpeedUp,
  formatSpeedUpRange,
} from '../../../shared/report/format.js';

describe('figures', () => {
  it.each([
    [0.834, '0.83 jobs/s'],
    [9.994, '9.99 jobs/s'],
    [9.996, '10.0 jobs/s'],
    [19.24, '19.2 jobs/s'],
    [99.94, '99.9 jobs/s'],
    [99.96, '100 jobs/s'],
    [14_700, '14,700 jobs/s'],
  ])('formatRate(%d) is %s', (rate, text) => {
    expect(formatRate(rate)).toBe(text);
    expect(`${formatPerSecond(rate)} jobs/s`).toBe(text);
  });

  it.each([
    [0.834, '0.8/s'],
    [65.44, '65.4/s'],
    [99.96, '100/s'],
    [14_700, '14,700/s'],
  ])('formatShortRate(%d) is %s', (rate, text) => {
    expect(formatShortRate(rate)).toBe(text);
  });

  it.each([
    [0, '0 s'],
    [0.4449, '0.445 s'],
    [12.5, '12.5 s'],
    [185, '3 min 05 s'],
  ])('formatElapsed(%d) is %s', (seconds, text) => {
    expect(formatElapsed(seconds)).toBe(text);
  });

  it.each([
    [0, '1 s'],
    [16_400, '16 s'],
    [59_600, '1 min 00 s'],
    [185_000, '3 min 05 s'],
  ])('formatEstimate(%d) is %s', (ms, text) => {
    expect(formatEstimate(ms)).toBe(text);
  });

  it.each([
    [310, '0.31 s'],
    [10_400, '10.4 s'],
    [185_000, '3 min 05 s'],
    [3_599_700, '1 h 00 min'],
    [7_800_000, '2 h 10 min'],
  ])('formatDuration(%d) is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it.each([
    [52.4, '52.4 ms'],
    [1200, '1.20 s'],
  ])('formatMilliseconds(%d) is %s', (ms, text) => {
    expect(formatMilliseconds(ms)).toBe(text);
  });

  it.each([
    [812, '812 B'],
    [1234, '1.23 kB'],
    [1_234_567, '1.23 MB'],
    [12_345_678_901, '12.3 GB'],
  ])('formatBytes(%d) is %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [0, '1 s'],
    [119_000, '119 s'],
    [120_000, '2 min'],
    [5_400_000, '90 min'],
    [86_400_000, '24 h'],
    [172_800_000, '2 d'],
  ])('formatRoughDuration(%d) is %s', (ms, text) => {
    expect(formatRoughDuration(ms)).toBe(text);
  });

  it.each([
    [0, 200, '0 %'],
    [9999, 10_000, '99 %'],
    [200, 200, '100 %'],
    [0, 0, '100 %'],
  ])('formatDone(%d, %d) is %s', (done, total, text) => {
    expect(formatDone(done, total)).toBe(text);
  });

  it('a range has one unit', () => {
    expect(formatSpeedUpRange([33.91, 36.2])).toBe('33.9–36.2×');
  });

  it('formatCount(), formatShare() and formatSpeedUp() do not depend on the locale', () => {
    expect(formatCount(1_234_567.4)).toBe('1,234,567');
    expect(formatShare(0.934)).toBe('93 %');
    expect(formatSpeedUp(35.12)).toBe('35.1×');
  });
});

describe('formatEstimatedSpeedUp()', () => {
  it.each([
    [6.34, 'about 6×'],
    [35.12, 'about 35×'],
    [1234, 'about 1,200×'],
    [0.83, 'about 0.8×'],
    [1.44, 'about 1.4×'],
  ])('%d is %s', (ratio, text) => {
    expect(formatEstimatedSpeedUp(ratio)).toBe(text);
  });
});

describe('formatPasses()', () => {
  it.each([
    [1, false, null, 'one pass, no warm-up'],
    [1, true, null, 'one pass after a warm-up'],
    [2, false, null, 'median of 2 passes'],
    [5, true, [33.9, 36.2] as const, 'median of 5 passes, 33.9× to 36.2×'],
  ])('%d, warm-up %s, %j', (passes, warmUp, range, text) => {
    expect(formatPasses({ passes, warmUp }, range)).toBe(text);
  });
});

it.each([
  [100, '10 a second'],
  [1000, '1 a second'],
  [24_000, '2.5 a minute'],
  [600_000, '6 an hour'],
  [7_200_000, '12 a day'],
])('formatPace(%j) is %j', (intervalMs, text) => {
  expect(formatPace(intervalMs)).toBe(text);
});

it.each([
  [100, '10/s'],
  [10_000, '6/m'],
  [36_000, '1.67/m'],
  [1_800_000, '2/h'],
  [7_200_000, '0.5/h'],
])('formatInterval(%j) is %j', (intervalMs, text) => {
  expect(formatInterval(intervalMs)).toBe(text);
});
