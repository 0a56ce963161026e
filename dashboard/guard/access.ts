/** The board's password, by HTTP Basic; any user name goes with it. */

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { LRUCache } from 'lru-cache';
import { safeText } from '../../shared/base/safe-text.js';
import { formatRoughDuration } from '../../shared/report/format.js';
import { AnswerError } from '../problem.js';

/** More failures than a person makes while typing; then the address is locked out. */
const FAILURES_MAX = 10;

const WINDOW_MS = 15 * 60_000;

/** Addresses remembered: an attacker with more of them fills no more memory than this. */
const ADDRESSES_MAX = 10_000;

/** Longer user names are cut in the log. */
const USER_LENGTH_MAX = 60;

/**
 * Answers 401 without the password, and 429 to an address that has failed ten times within a
 * quarter of an hour, the right password included: otherwise the lock would only slow a guesser.
 * Whose address it is behind a proxy, express's `trust proxy` says. The right password never counts
 * as an attempt, however many requests bring it at once.
 */
export function loginGuard(password: string): RequestHandler {
  const failures = new LRUCache<string, number>({
    max: ADDRESSES_MAX,
    ttl: WINDOW_MS,
    noUpdateTTL: true,
  });
  const isPassword = passwordCheck(password);
  return (request, response, next) => {
    const login = loginOf(request);
    if (login === undefined) {
      next(askedForPassword(response));
      return;
    }
    const address = request.ip ?? '';
    const failed = failures.get(address) ?? 0;
    if (failed >= FAILURES_MAX) {
      const leftMs = failures.getRemainingTTL(address);
      const time = formatRoughDuration(leftMs);
      response.setHeader('Retry-After', Math.ceil(leftMs / 1000));
      next(new AnswerError(429, `Too many wrong passwords from this address; wait ${time}`));
    } else if (isPassword(login.password)) {
      next();
    } else {
      failures.set(address, failed + 1);
      next(askedForPassword(response));
    }
  };
}

/** The user name that goes with the password; undefined where none was given. */
export function userOf(request: Request): string | undefined {
  const user = safeText(loginOf(request)?.user ?? '', USER_LENGTH_MAX);
  return user === '' ? undefined : user;
}

/** Compares digests by a key of this process: how long it takes tells nothing of the password. */
function passwordCheck(password: string): (candidate: string) => boolean {
  const key = randomBytes(32);
  const digest = (text: string): Buffer =>
    createHmac('sha256', key).update(text.normalize('NFC')).digest();
  const expected = digest(password);
  return (candidate) => timingSafeEqual(digest(candidate), expected);
}

function askedForPassword(response: Response): AnswerError {
  response.setHeader('WWW-Authenticate', 'Basic realm="comic-queue", charset="UTF-8"');
  return new AnswerError(401, 'This board needs its password; any user name goes with it');
}

interface Login {
  readonly user: string;
  readonly password: string;
}

/** What an Authorization header holds; undefined where there is none that can be read. */
function loginOf({ headers }: Request): Login | undefined {
  const match = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(headers.authorization ?? '');
  if (match?.[1] === undefined) return undefined;
  const decoded = Buffer.from(match[1], 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon < 0) return undefined;
  return { user: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}
