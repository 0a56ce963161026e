/** Answers shared by everybody who asks within a moment: twenty open tabs cost as much as one. */

interface Loading<T> {
  readonly begunAtMs: number;
  readonly value: Promise<T>;
}

export class FreshCache<T> {
  readonly #maxAgeMs: number;
  readonly #loading = new LastValues<Loading<T>>();
  readonly #loaded = new LastValues<T>();

  constructor(maxAgeMs: number) {
    this.#maxAgeMs = maxAgeMs;
  }

  /** The value of a key: loaded now, unless it was begun to be loaded within the last moment. */
  get(key: string, load: () => Promise<T>): Promise<T> {
    const known = this.#loading.last(key);
    const nowMs = performance.now();
    if (known !== undefined && nowMs - known.begunAtMs < this.#maxAgeMs) return known.value;
    const value = load().then((loaded) => {
      this.#loaded.keep(key, loaded);
      return loaded;
    });
    this.#loading.keep(key, { begunAtMs: nowMs, value });
    return value;
  }

  /** What a key was when it could last be loaded. */
  last(key: string): T | undefined {
    return this.#loaded.last(key);
  }
}

const KEYS_MAX = 100;

export class LastValues<T> {
  readonly #values = new Map<string, T>();

  /** Keeps a value as the newest; the oldest goes when there are too many. */
  keep(key: string, value: T): void {
    this.#values.delete(key);
    this.#values.set(key, value);
    const oldest = this.#values.keys().next();
    if (this.#values.size > KEYS_MAX && oldest.done === false) this.#values.delete(oldest.value);
  }

  last(key: string): T | undefined {
    return this.#values.get(key);
  }
}
