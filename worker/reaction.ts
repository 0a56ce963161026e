/** The one place that turns how a job went into what the queue does. */

import { errorText, JobFailure, StoreUnavailableError } from '../shared/base/errors.js';
import { type Reason, REASONS } from '../shared/base/outcome.js';
import type { Answer } from './handlers/handler.js';

/** How an attempt went: an answer, or whatever was thrown. */
export type Attempted =
  | { readonly type: 'answered'; readonly answer: Answer }
  | { readonly type: 'threw'; readonly error: unknown };

export interface Situation {
  /** This attempt, from 1. */
  readonly attempt: number;
  readonly attemptsMax: number;
  /** Whether the worker is letting go of its jobs. */
  readonly stopping: boolean;
  /** From 0 (inclusive) to 1. */
  readonly random: number;
}

/**
 * What the queue does with the job: complete it; fail it for good, perhaps with a pause for the
 * site; try it again later, spending an attempt; pause the kind's queues and put the job back,
 * spending none; or just put it back, because this worker cannot go on with it.
 */
export type Reaction =
  | { readonly type: 'complete'; readonly answer: Answer }
  | { readonly type: 'fail'; readonly failure: JobFailure; readonly pausesSite: boolean }
  | { readonly type: 'retry'; readonly failure: JobFailure; readonly delayMs: number }
  | { readonly type: 'pause'; readonly failure: JobFailure }
  | { readonly type: 'site-paused' }
  | { readonly type: 'give-back'; readonly trouble: StoreUnavailableError | undefined };

/** Thrown where a request would fall into a pause that another worker was asked for. */
export class SitePausedError extends Error {
  override readonly name = 'SitePausedError';
}

/** Decides what the queue does. */
export function reactionTo(attempted: Attempted, situation: Situation): Reaction {
  if (attempted.type === 'answered') return { type: 'complete', answer: attempted.answer };
  const { error } = attempted;
  if (error instanceof SitePausedError) return { type: 'site-paused' };
  if (error instanceof StoreUnavailableError) return { type: 'give-back', trouble: error };
  if (error instanceof JobFailure) return reactionToFailure(error, situation);
  if (situation.stopping) return { type: 'give-back', trouble: undefined };
  return reactionToFailure(new JobFailure('defect', errorText(error), { cause: error }), situation);
}

/** What becomes of a job whose site has refused for as long as we are willing to wait. */
export function afterRefusal(refusedForMs: number, giveUpAfterMs: number): 'wait' | 'give-up' {
  return refusedForMs >= giveUpAfterMs ? 'give-up' : 'wait';
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

const FIRST_DELAY_MS = 1000;
const DELAY_MAX_MS = 60_000;

/**
 * Full delays are 1 s, 2 s, 4 s … up to a minute; half of each is left to chance, so that jobs that
 * failed together do not come back together.
 *
 * @param attempt the attempt that failed, from 1
 * @param random from 0 (inclusive) to 1
 */
export function backoffMs(attempt: number, random: number): number {
  const full = Math.min(FIRST_DELAY_MS * 2 ** Math.min(attempt - 1, 30), DELAY_MAX_MS);
  return Math.round(full / 2 + (full / 2) * random);
}
