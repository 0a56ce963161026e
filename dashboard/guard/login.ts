/** Who may come in: whoever presents the password by HTTP Basic. The user name is not looked at. */

import type { RequestHandler, Response } from 'express';
import { refuse } from '../problem.js';
import { Attempts } from './attempts.js';
import type { PasswordCheck } from './password.js';

/**
 * Answers 401 without the password, and 429 to an address that has failed ten times within a
 * quarter of an hour, the right password included: otherwise the lock would only slow a guesser.
 */
export function loginGuard(password: PasswordCheck): RequestHandler {
  const attempts = new Attempts();
  return async (request, response, next) => {
    const candidate = passwordOf(request.headers.authorization);
    if (candidate === undefined) {
      askForPassword(response);
      return;
    }
    const address = request.socket.remoteAddress ?? '';
    const lockedForMs = attempts.begin(address, Date.now());
    if (lockedForMs !== undefined) {
      response.setHeader('Retry-After', Math.ceil(lockedForMs / 1000));
      refuse(response, 429, 'Too many wrong passwords from this address; wait');
      return;
    }
    if (await password.matches(candidate)) {
      attempts.forgive(address);
      next();
    } else {
      askForPassword(response);
    }
  };
}

function askForPassword(response: Response): void {
  response.setHeader('WWW-Authenticate', 'Basic realm="comic-queue", charset="UTF-8"');
  refuse(response, 401, 'This board needs its password');
}

/** The password of an Authorization header; undefined where there is none. */
function passwordOf(header: string | undefined): string | undefined {
  const match = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(header ?? '');
  if (match?.[1] === undefined) return undefined;
  const decoded = Buffer.from(match[1], 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  return colon < 0 ? undefined : decoded.slice(colon + 1);
}
