/**
 * What may be written through the board. A list of what is open, not of what is shut: a route that
 * a later Bull Board adds stays shut.
 */

import type { RequestHandler } from 'express';
import { refuse } from '../problem.js';
import { isReading } from './same-origin.js';

/**
 * Pause, resume, retry, promote. Shut for ever: adding jobs and editing data (they belong to no
 * run, or no longer to what was asked for); removing jobs, emptying and obliterating a queue (a run
 * whose jobs vanish never ends); rate and concurrency (pauses and baselines rest on them).
 */
const OPEN: readonly RegExp[] = [
  /^\/api\/queues\/(?:pause|resume)$/,
  /^\/api\/queues\/[^/]+\/(?:pause|resume|promote)$/,
  /^\/api\/queues\/[^/]+\/retry\/(?:failed|completed)$/,
  /^\/api\/queues\/[^/]+\/[^/]+\/(?:retry|promote)$/,
];

/** Answers 405 to every write of a board that is read-only, and to those that are always shut. */
export function writeGuard(writable: boolean): RequestHandler {
  return (request, response, next) => {
    if (isReading(request)) {
      next();
    } else if (!writable) {
      refuse(response, 405, 'This board is read-only; start it with --writable to change that');
    } else if (OPEN.some((pattern) => pattern.test(request.path))) {
      next();
    } else {
      refuse(response, 405, 'The board never does this; use the command line');
    }
  };
}
