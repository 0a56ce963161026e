/** A password that is compared, never kept. */

import { createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** Bytes of a scrypt key; Node's default cost (16 MiB, about 40 ms) goes with it. */
const KEY_BYTES = 32;

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

function hash(text: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(text.normalize('NFC'), salt, KEY_BYTES, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}
