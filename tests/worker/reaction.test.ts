import { describe, expect, it } from 'vitest';
import { OutOfFilesError, StoreUnavailableError } from '../../shared/base/errors.js';
import { JobFailure, type Reason, REASONS } from '../../shared/base/outcome.js';
import {
  afterRefusal,
  backoffMs,
  OtherSiteError,
  reactionTo,
  refusalOf,
  sharedPause,
  SiteAwayError,
  SitePausedError,
  type Situation,
} from '../../worker/reaction.js';

const SITUATION: Situation = {
  attempt: 1,
  attemptsMax: 3,
  giveUpAfterMs: 60_000,
  stopping: false,
  random: 0,
};

function thrown(error: unknown, change: Partial<Situation> = {}) {
  return reactionTo({ type: 'threw', error }, { ...SITUATION, ...change });
}

describe('reactionTo()', () => {
  it('completes what was answered', () => {
    const answer = { reason: 'stored', fetchMs: 5, bytes: 9, status: 200 } as const;

    expect(reactionTo({ type: 'answered', answer }, SITUATION)).toEqual({
      type: 'complete',
      answer,
    });
  });

  it('has a reaction to every reason, as the table says', () => {
    const reactions = Object.fromEntries(
      Object.keys(REASONS).map((reason) => [
        reason,
        thrown(new JobFailure(reason as Reason, 'x')).type,
      ]),
    );

    for (const [reason, entry] of Object.entries(REASONS)) {
      const expected = { complete: 'fail', fail: 'fail', 'fail-and-pause': 'fail' };
      const wanted = { ...expected, retry: 'retry', pause: 'pause' }[entry.reaction];
      expect([reason, reactions[reason]]).toEqual([reason, wanted]);
    }
  });

  it('tries again with backoff while there are attempts, then fails for good', () => {
    const failure = new JobFailure('timeout', 'too slow');

    expect(thrown(failure, { attempt: 2, random: 1 })).toEqual({
      type: 'retry',
      failure,
      delayMs: 2000,
    });
    expect(thrown(failure, { attempt: 3 })).toEqual({ type: 'fail', failure, pausesSite: false });
  });

  it('fails a blocked job at once and pauses its site', () => {
    const failure = new JobFailure('robot-page', 'x');

    expect(thrown(failure)).toEqual({ type: 'fail', failure, pausesSite: true });
  });

  it('pauses on a refusal, whatever the attempt', () => {
    const failure = new JobFailure('throttled', 'x', { retryAfterMs: 2000 });

    expect(thrown(failure, { attempt: 3 })).toEqual({ type: 'pause', failure });
  });

  it('gives back what it cannot store, and what it was told to let go', () => {
    const trouble = new StoreUnavailableError('ENOSPC', 'disk full');
    const interruption = new DOMException('stop', 'AbortError');

    expect(thrown(trouble)).toEqual({ type: 'put-back', trouble: { of: 'store', error: trouble } });
    expect(thrown(interruption, { stopping: true })).toEqual({
      type: 'put-back',
      trouble: undefined,
    });
  });

  it('puts a job back that found no file to open', () => {
    const error = new OutOfFilesError('Cannot open a connection: connect EMFILE');

    expect(thrown(error)).toEqual({ type: 'put-back', trouble: { of: 'store', error } });
  });

  it('keeps the failure of a job that ended while the worker was stopping', () => {
    const failure = new JobFailure('not-json', 'soup');

    expect(thrown(failure, { stopping: true }).type).toBe('fail');
  });

  it('puts a job back that met an error of Redis, whatever the attempt', () => {
    const error = Object.assign(new Error('READONLY it is a replica'), { name: 'ReplyError' });

    expect(thrown(error, { attempt: 3 })).toEqual({
      type: 'put-back',
      trouble: { of: 'redis', error },
    });
  });

  it('waits for a site that is away, until that has lasted too long', () => {
    const failure = new JobFailure('server-error', 'status 502');
    const away = new SiteAwayError(failure, { awayForMs: 59_999, nextProbeInMs: 400 });
    const tooLong = new SiteAwayError(failure, { awayForMs: 60_000, nextProbeInMs: 400 });

    expect(thrown(away, { attempt: 3, random: 1 })).toEqual({
      type: 'site-away',
      failure,
      delayMs: 2400,
    });
    expect(thrown(tooLong)).toEqual({ type: 'fail', failure, pausesSite: false });
  });

  it("puts a job of another site's run behind the others", () => {
    const error = new OtherSiteError(7, 'https://other.example/{id}');

    expect(thrown(error, { random: 0.5 })).toEqual({ type: 'other-site', error, delayMs: 15_000 });
  });

  it('waits again where the site is paused already', () => {
    expect(thrown(new SitePausedError())).toEqual({ type: 'site-paused' });
  });

  it('treats a surprise as our own defect, to be tried again', () => {
    const reaction = thrown(new TypeError('x is undefined'));

    expect(reaction).toMatchObject({
      type: 'retry',
      failure: { reason: 'defect', message: 'defect: x is undefined' },
    });
  });
});

describe('afterRefusal()', () => {
  it('gives up when the site has refused for as long as we wait', () => {
    expect(afterRefusal(999, 1000)).toBe('wait');
    expect(afterRefusal(1000, 1000)).toBe('give-up');
  });
});

describe('backoffMs()', () => {
  it('doubles from a second to a minute, half of it by chance', () => {
    const shortest = [1, 2, 3, 7, 8, 1000].map((attempt) => backoffMs(attempt, 0));
    const longest = [1, 2, 3, 7, 8, 1000].map((attempt) => backoffMs(attempt, 1));

    expect(shortest).toEqual([500, 1000, 2000, 30_000, 30_000, 30_000]);
    expect(longest).toEqual([1000, 2000, 4000, 60_000, 60_000, 60_000]);
  });
});

describe('refusalOf()', () => {
  it('has a site left alone for as long as it says, or ever longer', () => {
    const failure = new JobFailure('throttled', 'status 429', { retryAfterMs: 7000 });

    expect(refusalOf(failure, 900_000)).toEqual({
      reason: 'throttled',
      retryAfterMs: 7000,
      firstPauseMs: 1000,
      pauseMaxMs: 300_000,
    });
  });

  it('has it left alone for longer after a block page', () => {
    expect(refusalOf(new JobFailure('robot-page', 'x'), 900_000)).toMatchObject({
      retryAfterMs: undefined,
      firstPauseMs: 900_000,
      pauseMaxMs: 86_400_000,
    });
  });

  it('asks for nothing where the site only has no answer', () => {
    expect(refusalOf(new JobFailure('bad-shape', 'x'), 900_000)).toBeUndefined();
  });
});

describe('sharedPause()', () => {
  it('is as long as that of the other site, and never so short that jobs go round and round', () => {
    expect(sharedPause(60_000, 'robot-page')).toMatchObject({
      reason: 'robot-page',
      retryAfterMs: 60_000,
    });
    expect(sharedPause(0)).toMatchObject({ reason: 'throttled', retryAfterMs: 1000 });
  });
});
