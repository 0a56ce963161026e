/** Waiting for something to become true, with a limit. */

import { setTimeout as delay } from 'node:timers/promises';

/** Far longer than anything takes, also where many others want the machine's cores. */
const LIMIT_MS = 60_000;

type NotYet = undefined | null | false | 0 | '';

/** Resolves with the first value that is truthy, as Redis answers 0 and null; rejects after `limitMs`. */
export async function until<T>(
  what: string,
  look: () => Promise<T | NotYet> | T | NotYet,
  limitMs = LIMIT_MS,
): Promise<T> {
  const deadline = performance.now() + limitMs;
  while (performance.now() < deadline) {
    const value = await look();
    if (value) return value;
    await delay(20);
  }
  throw new Error(`Not within ${limitMs} ms: ${what}`);
}
