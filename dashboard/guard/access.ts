/** The board's password, by HTTP Basic; any user name goes with it. */

import { createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import type { RequestHandler, Response } from 'express';
import { LRUCache } from 'lru-cache';
import { refuse } from '../problem.js';

/** More failures than a person makes while typing; then the address is locked out. */
const FAILURES_MAX = 10;

const WINDOW_MS = 15 * 60_000;

/** Addresses remembered: an attacker with more of them fills no more memory than this. */
const ADDRESSES_MAX = 10_000;

/** Bytes of a scrypt key; Node's default cost (16 MiB, about 40 ms) goes with it. */
const KEY_BYTES = 32;

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
    const lockedForMs = attempts.begin(address);
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

export interface PasswordCheck {
  matches(candidate: string): Promise<boolean>;
}

/**
 * Keeps the scrypt hash of a password. A candidate that matched once is known again by a keyed
 * digest, so that a page that asks twice a second does not pay for scrypt each time.
 */
export async function createPasswordCheck(password: string): Promise<PasswordCheck> {
  const salt = randomBytes(16);
  const expected = await hash(password, salt);
  const digestKey = randomBytes(32);
  let known: Buffer | undefined;
  return {
    matches: async (candidate) => {
      const digest = createHmac('sha256', digestKey).update(candidate).digest();
      if (known !== undefined && timingSafeEqual(digest, known)) return true;
      const matched = timingSafeEqual(await hash(candidate, salt), expected);
      if (matched) known = digest;
      return matched;
    },
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

class Attempts {
  /** Failed attempts by address, from the first on for the length of a window. */
  readonly #failures = new LRUCache<string, number>({
    max: ADDRESSES_MAX,
    ttl: WINDOW_MS,
    noUpdateTTL: true,
  });

  /**
   * Counts an attempt as failed before it is checked, so that attempts sent together count
   * together; {@link forgive} takes it back.
   *
   * @returns undefined where it may be checked, else for how many milliseconds it may not.
   */
  begin(address: string): number | undefined {
    const failures = this.#failures.get(address) ?? 0;
    if (failures >= FAILURES_MAX) return this.#failures.getRemainingTTL(address);
    this.#failures.set(address, failures + 1);
    return undefined;
  }

  /** Takes an attempt back: it was right. */
  forgive(address: string): void {
    const failures = this.#failures.get(address) ?? 0;
    if (failures > 0) this.#failures.set(address, failures - 1);
  }
}

function hash(text: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(text.normalize('NFC'), salt, KEY_BYTES, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}
