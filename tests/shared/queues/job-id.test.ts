import { describe, expect, it } from 'vitest';
import { jobId, parseJobId, parseRunName, runName } from '../../../shared/queues/job.js';

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
