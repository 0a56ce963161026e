/** A value that takes long to work out: worked out in the background, shown as it last was. */

/** A page waits this long for a first value; then it says that there is none yet. */
const PATIENCE_MS = 1000;

/** The value is taken as it is for this long, */
const FRESH_MS = 3000;

/** and for this many times as long as it took: it never keeps the process busy. */
const REST_FACTOR = 20;

export class Refreshed<T> {
  readonly #load: () => Promise<T>;
  #value: T | undefined;
  #freshUntilMs = 0;
  #loading: Promise<void> | undefined;

  constructor(load: () => Promise<T>) {
    this.#load = load;
  }

  /**
   * The newest value there is within a second; undefined where there is none at all yet. `isWhole`
   * says whether it is as new as it should be.
   */
  async get(): Promise<{ value: T | undefined; isWhole: boolean }> {
    if (performance.now() >= this.#freshUntilMs) {
      this.#loading ??= this.#refresh();
      await Promise.race([this.#loading, patience()]);
    }
    return { value: this.#value, isWhole: this.#loading === undefined };
  }

  async #refresh(): Promise<void> {
    const begunMs = performance.now();
    try {
      this.#value = await this.#load();
      const tookMs = performance.now() - begunMs;
      this.#freshUntilMs = performance.now() + FRESH_MS + tookMs * REST_FACTOR;
    } finally {
      this.#loading = undefined;
    }
  }
}

function patience(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PATIENCE_MS).unref());
}
