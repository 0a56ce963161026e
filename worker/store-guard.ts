/** Pauses a worker while results cannot be written. */

import type { OutOfFilesError, StoreUnavailableError } from '../shared/base/errors.js';
import type { RateLimitedLog } from '../shared/base/logger.js';
import { pauseFor } from '../shared/base/wait.js';
import type { ResultStore } from '../shared/store/result-store.js';

/** Time to the first probe. It doubles with each time that results could be written only for a moment. */
const PROBE_AFTER_MS = 2000;
const PROBE_AFTER_MAX_MS = 60_000;

/** Results that could be written for this long were not writable for a moment only. */
const WORKS_MS = 60_000;

export interface StoreGuardDeps {
  readonly store: ResultStore;
  readonly queues: readonly GuardedQueue[];
  readonly log: RateLimitedLog;
  /** Aborts when the worker stops. */
  readonly signal: AbortSignal;
}

/** A queue to pause. */
interface GuardedQueue {
  pause(cause: 'store'): Promise<void>;
  resume(cause: 'store'): void;
}

export class StoreGuard {
  readonly #deps: StoreGuardDeps;
  #trouble: string | null = null;
  #probeAfterMs = PROBE_AFTER_MS;
  #resumedAtMs = Number.NEGATIVE_INFINITY;

  constructor(deps: StoreGuardDeps) {
    this.#deps = deps;
  }

  /** What keeps results from being written; null when nothing does. */
  get trouble(): string | null {
    return this.#trouble;
  }

  /**
   * Pauses the queues until a probe succeeds; each comes back with one job first. Further calls
   * meanwhile change nothing.
   */
  onTrouble(error: StoreUnavailableError | OutOfFilesError): void {
    if (this.#trouble !== null) return;
    this.#trouble = error.message;
    const isLasting = performance.now() - this.#resumedAtMs < WORKS_MS;
    this.#probeAfterMs = isLasting
      ? Math.min(2 * this.#probeAfterMs, PROBE_AFTER_MAX_MS)
      : PROBE_AFTER_MS;
    const sentence = `${error.message.replace(/\.$/, '')}. Taking no more jobs until that works again`;
    this.#deps.log.always(sentence, { why: error.message });
    void this.#pauseUntilWritable();
  }

  async #pauseUntilWritable(): Promise<void> {
    const { queues, log, signal } = this.#deps;
    await Promise.all(queues.map((queue) => queue.pause('store')));
    while (await pauseFor(this.#probeAfterMs, signal)) {
      if (!(await this.#isWritable())) continue;
      this.#trouble = null;
      this.#resumedAtMs = performance.now();
      log.info('It works again: taking one job first', {});
      for (const queue of queues) queue.resume('store');
      return;
    }
  }

  async #isWritable(): Promise<boolean> {
    try {
      await this.#deps.store.probe();
      return true;
    } catch {
      return false;
    }
  }
}
