/** What a kind's code is: one function that knows nothing of queues. */

import type { Reason } from '../../shared/base/outcome.js';
import type { Fetched } from '../../shared/fetch/fetcher.js';
import type { InputOf, KindName } from '../../shared/kinds/kinds.js';
import type { ResultKey } from '../../shared/store/result-key.js';

/** How a handler answers; whatever else happened, it throws a `JobFailure` that says so. */
export interface Answer {
  readonly reason: Extract<Reason, 'stored' | 'kept' | 'not-found' | 'slept'>;
  /** Time of the fetch or the sleep; 0 where there was none. */
  readonly fetchMs: number;
  readonly bytes: number;
  /** HTTP status; 0 where nothing was fetched. */
  readonly status: number;
}

export interface HandlerContext<Input> {
  /** Aborted when the worker must let go of the job. */
  readonly signal: AbortSignal;
  /** Whether the result is there already and may be kept: never, when asked to fetch again. */
  isKept(key: ResultKey): Promise<boolean>;
  /** Asks the kind's site about an input, politely: at the site's rate, within all limits. */
  fetch(input: Input): Promise<Fetched>;
  /** Stores an answer durably, with what is known of it. */
  store(key: ResultKey, fetched: Fetched): Promise<void>;
  /** Notes durably that there is none, with what is known of that. */
  noteMissing(key: ResultKey, fetched: Fetched): Promise<void>;
}

export type Handler<Name extends KindName> = (
  input: InputOf<Name>,
  context: HandlerContext<InputOf<Name>>,
) => Promise<Answer>;

/** The result was there already. */
export const KEPT: Answer = { reason: 'kept', fetchMs: 0, bytes: 0, status: 0 };

/** The site says that there is none, which is noted. */
export async function notFound(
  key: ResultKey,
  fetched: Fetched,
  context: Pick<HandlerContext<never>, 'noteMissing'>,
): Promise<Answer> {
  await context.noteMissing(key, fetched);
  return { reason: 'not-found', fetchMs: fetched.durationMs, bytes: 0, status: fetched.status };
}

/** The answer was what was asked for, and is stored. */
export function stored(fetched: Fetched): Answer {
  return {
    reason: 'stored',
    fetchMs: fetched.durationMs,
    bytes: fetched.body.length,
    status: fetched.status,
  };
}
