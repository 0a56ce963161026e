/** Answers shared by all who ask within a moment: twenty open tabs cost as much as one. */

import { LRUCache } from 'lru-cache';

/** More different questions than people have tabs. */
const KEYS_MAX = 100;

type Load<T> = () => Promise<T>;

export class FreshCache<T extends object> {
  readonly #answers: LRUCache<string, T, Load<T>>;

  constructor(maxAgeMs: number) {
    this.#answers = new LRUCache({
      max: KEYS_MAX,
      ttl: maxAgeMs,
      // A value is as old as the question: what is loaded slowly must not be shown for longer.
      fetchMethod: async (_key, _stale, { context: load, options }) => {
        const begunAtMs = performance.now();
        const value = await load();
        options.ttl = Math.max(1, maxAgeMs - (performance.now() - begunAtMs));
        return value;
      },
      // What was known before an outage is shown during it.
      noDeleteOnFetchRejection: true,
      // A question that is pushed out while it is being answered is answered all the same.
      ignoreFetchAbort: true,
    });
  }

  /** The value of a key: loaded now, unless it is fresh or being loaded. */
  get(key: string, load: Load<T>): Promise<T> {
    return this.#answers.forceFetch(key, { context: load });
  }

  /** What a key was when it could last be loaded. */
  last(key: string): T | undefined {
    return this.#answers.peek(key, { allowStale: true });
  }
}
