import { describe, expect, it } from 'vitest';
import {
  efficiency,
  idealMs,
  throughputPerSecond,
  wallMsOf,
  workDone,
} from '../../../shared/report/report.js';

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
