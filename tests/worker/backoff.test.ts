import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../worker/reaction.js';

describe('backoffMs()', () => {
  it('doubles from a second to a minute, half of it by chance', () => {
    const shortest = [1, 2, 3, 7, 8, 1000].map((attempt) => backoffMs(attempt, 0));
    const longest = [1, 2, 3, 7, 8, 1000].map((attempt) => backoffMs(attempt, 1));

    expect(shortest).toEqual([500, 1000, 2000, 30_000, 30_000, 30_000]);
    expect(longest).toEqual([1000, 2000, 4000, 60_000, 60_000, 60_000]);
  });
});
