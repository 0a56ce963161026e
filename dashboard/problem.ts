/** Error answers: a status and one sentence, never a stack trace. */

import { STATUS_CODES } from 'node:http';
import type { ErrorResponseBody, ErrorTranslationKey } from '@bull-board/api/typings/app';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { CommandError, errorText, StoreUnavailableError } from '../shared/base/errors.js';
import type { Logger } from '../shared/base/logger.js';
import { html, layout, plainPage, type Shell } from './pages/page.js';

/** Bull Board's pages show `message` under their own headline for `error.key`. */
const HEADLINES: Readonly<Record<number, ErrorTranslationKey>> = {
  400: 'ERRORS.INVALID_QUERY_PARAM',
  403: 'ERRORS.FORBIDDEN',
  405: 'ERRORS.QUEUE_READ_ONLY',
  503: 'ERRORS.REDIS_UNAVAILABLE',
};

/** Who is answered so gets no other file of the board either. */
const NOT_LET_IN: ReadonlySet<number> = new Set([401, 421, 429]);

/** Thrown where an answer has a status of its own. Bull Board's error handling reads `statusCode`. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';
  readonly statusCode: number;

  constructor(statusCode: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.statusCode = statusCode;
  }
}

/** The body of such an answer, in the shape that Bull Board's own pages understand. */
export function problemBody(status: number, message: string): ErrorResponseBody {
  return { error: { key: HEADLINES[status] ?? 'ERRORS.INTERNAL_SERVER_ERROR' }, message };
}

/** Leads from the root of the host, and from the path without its slash, to the board under a path. */
export function toBase(base: string): RequestHandler {
  return (request, response, next) => {
    const isBeside = base !== '/' && ['/', base.slice(0, -1)].includes(request.path);
    if (isBeside) response.redirect(302, base);
    else next();
  };
}

/** The last route: 404. */
export function notFound(base: string): RequestHandler {
  return (request, _response, next) => {
    const hint = request.path.startsWith(base) ? '' : `; the board is under ${base}`;
    next(new AnswerError(404, `There is nothing at this address${hint}`));
  };
}

/**
 * Turns what was thrown into an answer: a page for a browser, JSON for all else. A defect of our own
 * is logged and not shown.
 */
export function errorAnswer(logger: Logger, shell: Shell): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const status = statusOf(error);
    if (status >= 500 && !(error instanceof AnswerError)) {
      logger.error({ path: request.path, error: errorText(error) }, 'A page of the board failed');
    }
    if (response.headersSent) {
      next(error);
      return;
    }
    const message = status === 500 ? 'The board failed; see its log' : errorText(error);
    if (
      request.accepts('json', 'html') === 'html' &&
      !request.path.startsWith(`${shell.base}api/`)
    ) {
      const title = STATUS_CODES[status] ?? 'Error';
      const content = html`<p class="notice">${message}.</p>`;
      const page = NOT_LET_IN.has(status)
        ? plainPage(title, content)
        : layout(shell, { title, section: '', content, again: status === 503 });
      response.status(status).type('html').send(page);
    } else {
      response.status(status).json(problemBody(status, message));
    }
  };
}

/** The status of what was thrown: its own where it has one (a body that is not JSON: 400). */
export function statusOf(error: unknown): number {
  if (!(error instanceof Error)) return 500;
  // Results that cannot be read, or not without what a message says.
  if (error instanceof StoreUnavailableError || error instanceof CommandError) return 503;
  const named = 'statusCode' in error ? error.statusCode : undefined;
  return typeof named === 'number' && named >= 400 && named < 600 ? named : 500;
}
