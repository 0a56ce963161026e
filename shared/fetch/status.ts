/** What a status says: an answer, or why there is none. */

import { type Reason } from '../base/outcome.js';

/** Whether the body of an answer is worth reading. 206 is a part that nobody asked for. */
export function isAnswer(status: number): boolean {
  return status >= 200 && status < 300 && status !== 206;
}

/**
 * The reason for which a status that is no answer, no 404 and no followed redirect ends a fetch.
 * A 503 that says for how long asks to be left alone, just as a 429 does.
 */
export function reasonOfStatus(status: number, retryAfterMs: number | undefined): Reason {
  if (status === 429 || (status === 503 && retryAfterMs !== undefined)) return 'throttled';
  if (status === 401 || status === 403 || status === 451) return 'forbidden';
  if (status === 408) return 'timeout';
  if (status >= 500) return 'server-error';
  return status >= 400 ? 'client-error' : 'unexpected-status';
}
