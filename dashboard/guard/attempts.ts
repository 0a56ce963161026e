/** Failed logins, counted by address. */

/** More failures than a person makes while typing; then the address waits. */
const FAILURES_MAX = 10;

const WINDOW_MS = 15 * 60_000;

/** Addresses remembered at most: what an attacker with many of them can fill. */
const ADDRESSES_MAX = 10_000;

interface Window {
  failures: number;
  readonly endsAtMs: number;
}

export class Attempts {
  readonly #windows = new Map<string, Window>();

  /**
   * Counts an attempt as failed before it is checked, so that attempts sent together count
   * together; {@link forgive} takes it back.
   *
   * @returns undefined where it may be checked, else for how many milliseconds it may not.
   */
  begin(address: string, nowMs: number): number | undefined {
    const window = this.#windowOf(address, nowMs);
    if (window.failures >= FAILURES_MAX) return window.endsAtMs - nowMs;
    window.failures += 1;
    return undefined;
  }

  /** The attempt was right: it is no failure. */
  forgive(address: string): void {
    const window = this.#windows.get(address);
    if (window !== undefined) window.failures = Math.max(0, window.failures - 1);
  }

  #windowOf(address: string, nowMs: number): Window {
    const known = this.#windows.get(address);
    if (known !== undefined && known.endsAtMs > nowMs) return known;
    this.#windows.delete(address);
    this.#makeRoom(nowMs);
    const window = { failures: 0, endsAtMs: nowMs + WINDOW_MS };
    this.#windows.set(address, window);
    return window;
  }

  /** Windows are in order of their ends: the oldest go first. */
  #makeRoom(nowMs: number): void {
    for (const [address, window] of this.#windows) {
      if (window.endsAtMs > nowMs && this.#windows.size < ADDRESSES_MAX) return;
      this.#windows.delete(address);
    }
  }
}
