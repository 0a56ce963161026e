import { describe, expect, it } from 'vitest';
import {
  ANSWERS,
  FAILURES,
  countFailed,
  isFailure,
  isReason,
  outcomeOf,
  OUTCOMES,
  REASONS,
  WORK_DONE,
} from '../../../shared/base/outcome.js';

describe('OUTCOMES', () => {
  it('keep their places, which are stored: new ones go to the end', () => {
    expect(OUTCOMES).toEqual([
      'stored',
      'kept',
      'missing',
      'slept',
      'blocked',
      'invalid',
      'refused',
      'unavailable',
      'quarantined',
      'cancelled',
    ]);
  });

  it('fit into four bits beside "none"', () => {
    expect(OUTCOMES.length).toBeLessThanOrEqual(15);
  });

  it('are answers or failures', () => {
    expect(OUTCOMES.filter(isFailure)).toEqual(FAILURES);
    expect(ANSWERS.some(isFailure)).toBe(false);
  });

  it('count as failed unless they were given up', () => {
    expect(countFailed({ stored: 5, blocked: 2, invalid: 1, cancelled: 7 })).toBe(3);
  });

  it('count as work done when they are answers that were not there before', () => {
    expect([...WORK_DONE]).toEqual(ANSWERS.filter((answer) => answer !== 'kept'));
  });
});

describe('REASONS', () => {
  it.each(Object.entries(REASONS))('%s completes an answer and fails what is none', (_, reason) => {
    expect(reason.reaction === 'complete').toBe(!isFailure(reason.outcome));
    expect(reason.meaning).toMatch(/^(the|our|its|no) /);
  });

  it.each(OUTCOMES)('lead to %s', (outcome) => {
    expect(Object.values(REASONS).some((reason) => reason.outcome === outcome)).toBe(true);
  });

  it('are told from other texts, and lead to one outcome each', () => {
    expect(isReason('not-found')).toBe(true);
    expect(isReason('toString')).toBe(false);
    expect(outcomeOf('not-found')).toBe('missing');
  });
});
