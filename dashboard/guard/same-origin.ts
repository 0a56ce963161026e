/**
 * Writes come from our own pages only. Measured: without this, a page on any other origin added a
 * job by a plain form POST.
 */

import type { Request, RequestHandler } from 'express';
import { refuse } from '../problem.js';

const READING: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Whether a request only reads. */
export function isReading(request: Request): boolean {
  return READING.has(request.method);
}

/** Answers 403 to a write that another origin may have sent, or whose body is not JSON. */
export function sameOriginGuard(): RequestHandler {
  return (request, response, next) => {
    if (isReading(request)) {
      next();
    } else if (!isSameOrigin(request)) {
      refuse(response, 403, 'Writes are taken from pages of this board only');
    } else if (hasOtherBody(request)) {
      refuse(response, 403, 'Writes must be JSON');
    } else {
      next();
    }
  };
}

/** Browsers say where a request comes from and let no page forge it; other programs must say it too. */
function isSameOrigin(request: Request): boolean {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  const { origin, host } = request.headers;
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === host;
}

/** Bull Board's writes without a body carry a length of 0 and no type. */
function hasOtherBody(request: Request): boolean {
  if (request.headers['content-length'] === '0') return false;
  return request.is('application/json') === false;
}
