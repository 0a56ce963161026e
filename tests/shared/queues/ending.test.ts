import { describe, expect, it } from 'vitest';
import { type Ending, parseEnding, toRecord } from '../../../shared/queues/job.js';

const ENDING: Ending = {
  reason: 'stored',
  startedAtMs: 1_795_000_000_000,
  elapsedMs: 52,
  fetchMs: 51.3,
  bytes: 1234,
  attempt: 1,
  status: 200,
};

describe('an ending', () => {
  it('is read back as it was written, in few bytes', () => {
    const record = toRecord({ ...ENDING, startedAtMs: 1_795_000_000_000.4, fetchMs: 51.2999 });

    expect(parseEnding(JSON.parse(JSON.stringify(record)))).toEqual(ENDING);
    expect(JSON.stringify(record).length).toBeLessThanOrEqual(64);
  });

  it.each([
    [null],
    [[]],
    [['stored', 1, 2, 3, 4, 5]],
    [['unheard of', 1, 2, 3, 4, 5, 6]],
    [['stored', 1, 2, 3, 4, 5, '6']],
    [{ reason: 'stored' }],
  ])('is not %j', (stored) => {
    expect(parseEnding(stored)).toBeUndefined();
  });
});
