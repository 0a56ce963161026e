import { describe, expect, it } from 'vitest';
import {
  type Ending,
  jobId,
  parseData,
  parseEnding,
  parseJobId,
  parseRunName,
  queuedJob,
  runName,
  toData,
  toRecord,
} from '../../../shared/queues/job.js';

describe('a job id', () => {
  it('is short, and read back', () => {
    expect(jobId({ run: 7, position: 1_000_007 })).toBe('r7.1000007');
    expect(parseJobId('r7.1000007')).toEqual({ run: 7, position: 1_000_007 });
  });

  it.each(['7.1', 'r7', 'r7.', 'r7.1:2', 'r-1.1', 'r1.1 ', '1', `r1.${'9'.repeat(13)}`])(
    'is not %s',
    (id) => {
      expect(parseJobId(id)).toBeUndefined();
    },
  );
});

describe('the name of a run', () => {
  it('is read with and without its first part', () => {
    expect(runName(7)).toBe('run-7');
    expect(parseRunName('run-7')).toBe(7);
    expect(parseRunName('7')).toBe(7);
  });

  it.each(['run-0', '07', 'run 7', '-7', '7.5', '', 'run-'])('is not %j', (text) => {
    expect(parseRunName(text)).toBeUndefined();
  });
});

describe('queuedJob()', () => {
  it('is as small as a job can be', () => {
    const job = queuedJob(
      'comic',
      { run: 7, position: 1_000_007 },
      { input: { id: 614 }, refetch: false },
      { attempts: 5 },
    );

    expect(job).toEqual({
      name: 'comic',
      data: { id: 614 },
      opts: { jobId: 'r7.1000007', attempts: 5, backoff: { type: 'c' } },
    });
    expect(JSON.stringify(job.opts).length).toBeLessThanOrEqual(64);
  });

  it('is taken before those that wait where it is for the front', () => {
    const payload = { input: { id: 614 }, refetch: false };

    const job = queuedJob('comic', { run: 7, position: 1 }, payload, { attempts: 5, front: true });

    expect(job.opts).toMatchObject({ jobId: 'r7.1', lifo: true });
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
