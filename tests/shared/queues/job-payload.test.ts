import { describe, expect, it } from 'vitest';
import { parseData, queuedJob, toData } from '../../../shared/queues/job.js';

describe('queuedJob()', () => {
  it('is as small as a job can be', () => {
    const job = queuedJob(
      'comic',
      { run: 7, position: 1_000_007 },
      { input: { id: 614 }, refetch: false },
      5,
    );

    expect(job).toEqual({
      name: 'comic',
      data: { id: 614 },
      opts: { jobId: 'r7.1000007', attempts: 5, backoff: { type: 'c' } },
    });
    expect(JSON.stringify(job.opts).length).toBeLessThanOrEqual(64);
  });
});

describe('parseData()', () => {
  it.each([true, false])('reads what toData() wrote, refetch %s', (refetch) => {
    const payload = { input: { term: 'Your Name' }, refetch };

    expect(parseData('search', toData(payload))).toEqual(payload);
  });

  it.each([
    [null],
    ['text'],
    [{}],
    [{ id: '7' }],
    [{ id: 7, more: 1 }],
    [{ id: 7, refetch: false }],
    [{ id: 7, refetch: 'true' }],
    [{ id: 0 }],
  ])('refuses %j', (data) => {
    expect(parseData('comic', data)).toBeUndefined();
  });
});
