import { describe, expect, it } from 'vitest';
import {
  type FetchTimes,
  HISTOGRAM_STEP,
  parseTally,
  percentileMs,
} from '../../../shared/runs/tally.js';

describe('parseTally()', () => {
  it('is all zero of nothing', () => {
    const tally = parseTally({}, {}, {});

    expect(tally).toMatchObject({
      ended: 0,
      reasons: {},
      statuses: {},
      workers: {},
      retries: {},
      bytes: 0,
      stalls: 0,
      firstStartMs: undefined,
      lastEndMs: undefined,
      fetch: { count: 0, sumMs: 0, longestMs: 0 },
    });
    expect(Object.values(tally.outcomes).every((count) => count === 0)).toBe(true);
  });

  it('reads counts by their names', () => {
    const tally = parseTally(
      {
        ended: '3',
        'outcome:stored': '2',
        'outcome:invalid': '1',
        'reason:stored': '2',
        'reason:not-json': '1',
        'reason:kept': '0',
        'status:200': '3',
        'worker:w:1': '3',
        firstStartMs: '5',
        lastEndMs: '9',
        fetches: '3',
      },
      { 12: '3' },
      { throttled: '4' },
    );

    expect(tally).toMatchObject({
      ended: 3,
      outcomes: { stored: 2, invalid: 1, kept: 0 },
      reasons: { stored: 2, 'not-json': 1 },
      statuses: { 200: 3 },
      workers: { 'w:1': 3 },
      retries: { throttled: 4 },
      firstStartMs: 5,
      lastEndMs: 9,
    });
    expect(tally.reasons).not.toHaveProperty('kept');
  });
});

describe('percentileMs()', () => {
  /** Fetch times as the fold keeps them. */
  function fetchTimes(times: readonly number[]): FetchTimes {
    const histogram = new Map<number, number>();
    for (const time of times) {
      const bucket = Math.floor(Math.log(time * 10) / Math.log(HISTOGRAM_STEP));
      histogram.set(bucket, (histogram.get(bucket) ?? 0) + 1);
    }
    const sumMs = times.reduce((sum, time) => sum + time, 0);
    return { count: times.length, sumMs, longestMs: Math.max(0, ...times), histogram };
  }

  it.each([0.5, 0.95, 0.99, 1])('is exact to one in a hundred at %d', (share) => {
    const times = Array.from({ length: 1000 }, (_, index) => 1 + index * 3.7);
    const exact = times[Math.ceil(share * times.length) - 1] ?? 0;

    const found = percentileMs(fetchTimes(times), share);

    expect(Math.abs(found - exact) / exact).toBeLessThan(0.0101);
  });

  it('is never more than the longest, and 0 of nothing', () => {
    expect(percentileMs(fetchTimes([50]), 0.5)).toBeLessThanOrEqual(50);
    expect(percentileMs(fetchTimes([]), 0.5)).toBe(0);
  });

  it('is the longest where the histogram has fewer than were counted', () => {
    expect(percentileMs({ ...fetchTimes([1, 2]), count: 9, longestMs: 70 }, 0.99)).toBe(70);
  });
});
