/** Decides what the queue does about how an attempt at a job went. The one place that does. */

import { errorText, OutOfFilesError, StoreUnavailableError } from '../shared/base/errors.js';
import { JobFailure, type Reason, REASONS } from '../shared/base/outcome.js';
import { type Outage, PAUSE_MAX_MS, type Refusal } from '../shared/queues/site-state.js';
import { isRedisError } from '../shared/redis/connection.js';
import type { Answer } from './handlers/handler.js';

/** Full backoff is 1 s, 2 s, 4 s … up to a minute. */
const BACKOFF_FIRST_MS = 1000;
const BACKOFF_MAX_MS = 60_000;

/** First pause after a 429 that does not say how long; it doubles up to five minutes. */
const REFUSAL_FIRST_PAUSE_MS = 1000;
const REFUSAL_PAUSE_MAX_MS = 300_000;

/** A job that has found its site away comes back this long after the next probe, or twice as long. */
const AFTER_PROBE_MS = 1000;

/** A job of another site's run comes back after this long, or up to twice as long. */
const OTHER_SITE_MS = 10_000;

/** The delay of a job that failed in a way that no reaction foresaw. */
const UNFORESEEN_DELAY_MS = 1000;

/** How an attempt went: the handler answered, or threw. */
export type Attempted =
  | { readonly type: 'answered'; readonly answer: Answer }
  | { readonly type: 'threw'; readonly error: unknown };

export interface Situation {
  /** This attempt, from 1. */
  readonly attempt: number;
  readonly attemptsMax: number;
  /** A job is not kept waiting for a site that has been away for this long. */
  readonly giveUpAfterMs: number;
  /** Whether the worker is letting go of its jobs. */
  readonly stopping: boolean;
  /** From 0 (inclusive) to 1. */
  readonly random: number;
}

/** What the queue does with the job. */
export type Reaction =
  /** It has ended, with an answer. */
  | { readonly type: 'complete'; readonly answer: Answer }
  /** It has failed for good; `pausesSite`: the others must wait, too. */
  | { readonly type: 'fail'; readonly failure: JobFailure; readonly pausesSite: boolean }
  /** It is tried again after a delay. This spends an attempt; nothing below does. */
  | { readonly type: 'retry'; readonly failure: JobFailure; readonly delayMs: number }
  /** The queues of its site pause, and it goes back. */
  | { readonly type: 'pause'; readonly failure: JobFailure }
  /** They are paused already: it goes back. */
  | { readonly type: 'site-paused' }
  /** Its site is away: it goes back after a delay, so that the next probe is another job's. */
  | { readonly type: 'site-away'; readonly failure: JobFailure; readonly delayMs: number }
  /** Its run asks another site than this worker: it goes back after a delay, behind the others. */
  | { readonly type: 'other-site'; readonly error: OtherSiteError; readonly delayMs: number }
  /** This worker cannot go on with it: it goes back. `trouble` says why, where something is wrong. */
  | { readonly type: 'put-back'; readonly trouble: Trouble | undefined };

/** What keeps a worker from going on with any job. */
export type Trouble =
  /** Results cannot be written, or no files opened: it must take no more jobs. */
  | { readonly of: 'store'; readonly error: StoreUnavailableError | OutOfFilesError }
  /** Redis refused a command: it must wait before it goes on. */
  | { readonly of: 'redis'; readonly error: Error };

/** Thrown instead of sending a request to a site that is paused. */
export class SitePausedError extends Error {
  override readonly name = 'SitePausedError';
}

/** Thrown when a request failed, or was not sent, because its site is away. */
export class SiteAwayError extends Error {
  override readonly name = 'SiteAwayError';
  /** How the job ends, should it not wait any longer. */
  readonly failure: JobFailure;
  readonly awayForMs: number;
  readonly nextProbeInMs: number;

  constructor(
    failure: JobFailure,
    { awayForMs, nextProbeInMs }: Pick<Outage, 'awayForMs' | 'nextProbeInMs'>,
  ) {
    super(failure.message, { cause: failure });
    this.failure = failure;
    this.awayForMs = awayForMs;
    this.nextProbeInMs = nextProbeInMs;
  }
}

/** Thrown instead of working a job whose run asks another site than this worker is configured for. */
export class OtherSiteError extends Error {
  override readonly name = 'OtherSiteError';
  readonly run: number;
  /** Identity of the run's site. */
  readonly site: string;

  constructor(run: number, site: string) {
    super(`run-${run} asks another site`);
    this.run = run;
    this.site = site;
  }
}

/** Decides what the queue does. Whatever was thrown without a reason is a defect of ours. */
export function reactionTo(attempted: Attempted, situation: Situation): Reaction {
  if (attempted.type === 'answered') return { type: 'complete', answer: attempted.answer };
  const { error } = attempted;
  if (error instanceof SitePausedError) return { type: 'site-paused' };
  if (error instanceof SiteAwayError) return reactionToOutage(error, situation);
  if (error instanceof OtherSiteError) {
    const delayMs = Math.ceil(OTHER_SITE_MS * (1 + situation.random));
    return { type: 'other-site', error, delayMs };
  }
  if (error instanceof StoreUnavailableError || error instanceof OutOfFilesError) {
    return { type: 'put-back', trouble: { of: 'store', error } };
  }
  if (error instanceof JobFailure) return reactionToFailure(error, situation);
  if (isRedisError(error)) return { type: 'put-back', trouble: { of: 'redis', error } };
  if (situation.stopping) return { type: 'put-back', trouble: undefined };
  return reactionToFailure(new JobFailure('defect', errorText(error), { cause: error }), situation);
}

function reactionToOutage(
  { failure, awayForMs, nextProbeInMs }: SiteAwayError,
  { giveUpAfterMs, random }: Situation,
): Reaction {
  if (awayForMs >= giveUpAfterMs) return { type: 'fail', failure, pausesSite: false };
  const delayMs = Math.ceil(nextProbeInMs + AFTER_PROBE_MS * (1 + random));
  return { type: 'site-away', failure, delayMs };
}

function reactionToFailure(failure: JobFailure, situation: Situation): Reaction {
  const { reaction } = entryOf(failure.reason);
  switch (reaction) {
    case 'retry':
      return situation.attempt < situation.attemptsMax
        ? { type: 'retry', failure, delayMs: backoffMs(situation.attempt, situation.random) }
        : { type: 'fail', failure, pausesSite: false };
    case 'pause':
      return { type: 'pause', failure };
    case 'fail-and-pause':
      return { type: 'fail', failure, pausesSite: true };
    case 'fail':
    case 'complete':
      return { type: 'fail', failure, pausesSite: false };
  }
}

function entryOf(reason: Reason) {
  return REASONS[reason];
}

/**
 * For how long a failure has its site left alone; undefined where it need not be.
 *
 * @param blockPauseMs first pause after a block page
 */
export function refusalOf(
  { reason, retryAfterMs }: JobFailure,
  blockPauseMs: number,
): Refusal | undefined {
  const { reaction } = entryOf(reason);
  if (reaction === 'pause') {
    const doubling = { firstPauseMs: REFUSAL_FIRST_PAUSE_MS, pauseMaxMs: REFUSAL_PAUSE_MAX_MS };
    return { reason, retryAfterMs, ...doubling };
  }
  return reaction === 'fail-and-pause'
    ? { reason, retryAfterMs, firstPauseMs: blockPauseMs, pauseMaxMs: PAUSE_MAX_MS }
    : undefined;
}

/** The pause of queues whose jobs need another kind's site, which is paused for so long. */
export function sharedPause(pausedForMs: number, reason: string = 'throttled'): Refusal {
  const pauseMs = Math.max(pausedForMs, REFUSAL_FIRST_PAUSE_MS);
  return { reason, retryAfterMs: pauseMs, firstPauseMs: pauseMs, pauseMaxMs: pauseMs };
}

/** Decides whether a job goes on waiting for a site that has refused for so long. */
export function afterRefusal(refusedForMs: number, giveUpAfterMs: number): 'wait' | 'give-up' {
  return refusedForMs >= giveUpAfterMs ? 'give-up' : 'wait';
}

/**
 * The delay before the next attempt: exponential, capped, and half of it random, so that jobs that
 * failed together do not come back together.
 *
 * @param attempt the attempt that failed, from 1
 * @param random from 0 (inclusive) to 1
 */
export function backoffMs(attempt: number, random: number): number {
  const full = Math.min(BACKOFF_FIRST_MS * 2 ** Math.min(attempt - 1, 30), BACKOFF_MAX_MS);
  return Math.round(full / 2 + (full / 2) * random);
}

/** Thrown to BullMQ so that a job is tried again after `delayMs` (see {@link retryDelayMs}). */
export class RetryLater extends Error {
  override readonly name = 'RetryLater';
  readonly delayMs: number;

  constructor(failure: JobFailure, delayMs: number) {
    super(failure.message, { cause: failure });
    this.delayMs = delayMs;
    // BullMQ keeps the stacks of failed attempts; an expected one only costs memory there.
    this.stack = failure.message;
  }
}

/** The backoff of a failed attempt, for BullMQ: what the reaction decided. */
export function retryDelayMs(error: Error | undefined): number {
  return error instanceof RetryLater ? error.delayMs : UNFORESEEN_DELAY_MS;
}
