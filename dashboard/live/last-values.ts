/** The last value of each of a bounded number of keys: a caller chooses them. */

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
