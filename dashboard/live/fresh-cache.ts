/** Answers shared by everybody who asks within a moment: twenty open tabs cost as much as one. */

/** Keys remembered at most: a caller chooses them. */
const KEYS_MAX = 200;

interface Entry<T> {
  readonly loadedAtMs: number;
  readonly value: Promise<T>;
}

export class FreshCache<T> {
  readonly #maxAgeMs: number;
  readonly #entries = new Map<string, Entry<T>>();
  readonly #lastGood = new Map<string, T>();

  constructor(maxAgeMs: number) {
    this.#maxAgeMs = maxAgeMs;
  }

  /** The value of a key: loaded now, unless it was begun to be loaded within the last moment. */
  get(key: string, load: () => Promise<T>): Promise<T> {
    const known = this.#entries.get(key);
    const nowMs = performance.now();
    if (known !== undefined && nowMs - known.loadedAtMs < this.#maxAgeMs) return known.value;
    const value = load().then((loaded) => {
      remember(this.#lastGood, key, loaded);
      return loaded;
    });
    remember(this.#entries, key, { loadedAtMs: nowMs, value });
    return value;
  }

  /** What a key was when it could last be loaded. */
  last(key: string): T | undefined {
    return this.#lastGood.get(key);
  }
}

/** Sets an entry as the newest and forgets the oldest beyond the bound. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const oldest = map.keys().next();
  if (map.size > KEYS_MAX && oldest.done === false) map.delete(oldest.value);
}
