import { describe, expect, it } from 'vitest';
import {
  countFailed,
  isFailure,
  isReason,
  JobFailure,
  OUTCOME_TABLE,
  OUTCOMES,
  REASONS,
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
    expect(OUTCOMES.filter((outcome) => !isFailure(outcome))).toEqual([
      'stored',
      'kept',
      'missing',
      'slept',
    ]);
  });

  it('count as failed unless they were given up', () => {
    expect(countFailed({ stored: 5, blocked: 2, invalid: 1, cancelled: 7 })).toBe(3);
  });

  it('count as work done when they are answers that were not there before', () => {
    const work = OUTCOMES.filter((outcome) => OUTCOME_TABLE[outcome].work);

    expect(work).toEqual(['stored', 'missing', 'slept']);
  });
});

describe('REASONS', () => {
  it.each(Object.entries(REASONS))('%s completes an answer and fails what is none', (_, reason) => {
    expect(reason.reaction === 'complete').toBe(!isFailure(reason.outcome));
    expect(reason.meaning).toMatch(/^(the|our|its|no|something) /);
  });

  it.each(OUTCOMES)('lead to %s', (outcome) => {
    expect(Object.values(REASONS).some((reason) => reason.outcome === outcome)).toBe(true);
  });

  it('are told from other texts', () => {
    expect(isReason('not-found')).toBe(true);
    expect(isReason('toString')).toBe(false);
  });
});

describe('JobFailure', () => {
  it('begins with its reason', () => {
    const failure = new JobFailure('not-json', 'it is soup: with carrots');

    expect(failure.message).toBe('not-json: it is soup: with carrots');
    expect(failure).toMatchObject({ retryAfterMs: undefined, facts: {}, detail: failure.detail });
  });

  it('gathers facts and keeps all else', () => {
    const cause = new Error('socket');
    const failure = new JobFailure('throttled', 'status 429', {
      retryAfterMs: 5000,
      facts: { status: 429 },
      cause,
    });

    expect(failure.withFacts({ url: 'https://x.invalid/' })).toMatchObject({
      reason: 'throttled',
      detail: 'status 429',
      retryAfterMs: 5000,
      facts: { status: 429, url: 'https://x.invalid/' },
      cause,
    });
  });
});
