/**
 * What a request has to be before anything looks at it: sent to a host of ours, from a page of ours
 * where it writes, and of a size that we serve.
 */

import { networkInterfaces } from 'node:os';
import type { Request, RequestHandler } from 'express';
import helmet from 'helmet';
import { safeText } from '../../shared/base/safe-text.js';
import { AnswerError } from '../problem.js';

/** Longer host names are cut where they are said. */
const HOST_LENGTH_MAX = 100;

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '::1'];

const EVERY_ADDRESS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

const READING: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Jobs a page. Measured: 300 jobs of 1 MB made one page of 300 MB. */
const JOBS_PER_PAGE_MAX = 100;

/** Deeper pages cost Redis more than they tell anyone. */
const PAGE_MAX = 100_000;

/**
 * Sets the policy of every page: nothing from other hosts, no inline script, no frames. Styles may be inline: Bull Board's theme
 * and its charts set them. Strict-Transport-Security is left to the proxy that adds TLS.
 */
export function securityHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        'script-src': ["'self'"],
        'style-src': ["'self'", "'unsafe-inline'"],
        'img-src': ["'self'", 'data:'],
        'font-src': ["'self'"],
        'connect-src': ["'self'"],
        'base-uri': ["'self'"],
        'form-action': ["'self'"],
        'frame-ancestors': ["'none'"],
      },
    },
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
  });
}

/**
 * Answers 421 to a request for a host that is not ours. A page elsewhere can make a browser ask this
 * machine under a name of its own (DNS rebinding), but it cannot choose the Host header, which then
 * holds that name. Ports do not matter: they may be mapped.
 */
export function hostGuard(host: string, allowedHosts: readonly string[]): RequestHandler {
  const names = new Set(
    [...LOOPBACK_NAMES, ...namesOf(host), ...allowedHosts].map((name) => bare(name)),
  );
  return (request, _response, next) => {
    const asked = hostNameOf(request.headers.host);
    if (asked !== undefined && names.has(asked)) next();
    else next(new AnswerError(421, hostText(asked)));
  };
}

function hostText(asked: string | undefined): string {
  const name = asked === undefined ? undefined : safeText(asked, HOST_LENGTH_MAX);
  return name === undefined
    ? 'This board does not serve that host'
    : `This board does not serve the host ${name}; to have it do so, start it with --allow-host ${name}`;
}

/** The host name of a Host header, in lower case and without port and brackets. */
function hostNameOf(header: string | undefined): string | undefined {
  if (header === undefined || !URL.canParse(`http://${header}`)) return undefined;
  const url = new URL(`http://${header}`);
  return url.host === header.toLowerCase() || header.endsWith(':80')
    ? bare(url.hostname)
    : undefined;
}

/** A board that listens on every address is reached by each address of this machine. */
function namesOf(host: string): string[] {
  if (!EVERY_ADDRESS.has(host)) return [host];
  return Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).map(({ address }) => address),
  );
}

function bare(name: string): string {
  return name.toLowerCase().replaceAll(/[[\]]/g, '');
}

/**
 * Answers 403 to a write that another origin may have sent, or whose body is not JSON. Measured:
 * without it a page on any other origin added a job by a plain form POST.
 */
export function sameOriginGuard(): RequestHandler {
  return (request, _response, next) => {
    if (isReading(request)) {
      next();
    } else if (!isSameOrigin(request)) {
      next(new AnswerError(403, 'Writes are taken from pages of this board only'));
    } else if (hasOtherBody(request)) {
      next(new AnswerError(403, 'Writes must be JSON'));
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

/**
 * Answers 405 to every write of a read-only board, and to all but `path` of a writable one. Bull
 * Board's own are never taken: a job that is added, edited, removed, retried or promoted there
 * belongs to no run, or to one that then never adds up.
 */
export function writeGuard(path: string, writable: boolean): RequestHandler {
  return (request, _response, next) => {
    if (isReading(request)) {
      next();
    } else if (!writable) {
      const message = 'This board is read-only; start it with --writable to change that';
      next(new AnswerError(405, message));
    } else if (request.method === 'POST' && request.path === path) {
      next();
    } else {
      next(new AnswerError(405, 'The board never does this; it has controls of its own'));
    }
  };
}

/** Answers 400 to pages that are larger or deeper than anyone reads. */
export function queryGuard(): RequestHandler {
  return (request, _response, next) => {
    const within = isAtMost(request.query['jobsPerPage'], JOBS_PER_PAGE_MAX);
    if (within && isAtMost(request.query['page'], PAGE_MAX)) {
      next();
    } else {
      const message = `At most ${JOBS_PER_PAGE_MAX} jobs a page, and pages are numbers`;
      next(new AnswerError(400, message));
    }
  };
}

function isAtMost(value: unknown, max: number): boolean {
  if (value === undefined) return true;
  return typeof value === 'string' && /^\d{1,9}$/.test(value) && Number(value) <= max;
}

function isReading(request: Request): boolean {
  return READING.has(request.method);
}
