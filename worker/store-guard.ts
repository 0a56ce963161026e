/** Stops a worker from taking jobs while results cannot be written, until they can be again. */

import type { StoreUnavailableError } from '../shared/base/errors.js';
import type { RateLimitedLog } from '../shared/base/logger.js';
import { pauseFor } from '../shared/base/wait.js';
import type { ResultStore } from '../shared/store/result-store.js';
import type { QueueWorker } from './queue-worker.js';

const PROBE_EVERY_MS = 2000;

export interface StoreGuardDeps {
  readonly store: ResultStore;
  /** The queues to pause. */
  readonly queues: readonly QueueWorker[];
  readonly log: RateLimitedLog;
  /** Aborts when the worker stops. */
  readonly signal: AbortSignal;
}

export class StoreGuard {
  readonly #deps: StoreGuardDeps;
  #trouble: string | null = null;

  constructor(deps: StoreGuardDeps) {
    this.#deps = deps;
  }

  /** What keeps results from being written; null when nothing does. */
  get trouble(): string | null {
    return this.#trouble;
  }

  /** Pauses the queues until a probe succeeds. Further calls meanwhile change nothing. */
  onTrouble({ message }: StoreUnavailableError): void {
    if (this.#trouble !== null) return;
    this.#trouble = message;
    const sentence = 'Cannot write results; taking no more jobs until it works again';
    this.#deps.log.always(sentence, { why: message });
    void this.#pauseUntilWritable();
  }

  async #pauseUntilWritable(): Promise<void> {
    const { queues, log, signal } = this.#deps;
    await Promise.all(queues.map((queue) => queue.pause()));
    while (await pauseFor(PROBE_EVERY_MS, signal)) {
      if (!(await this.#isWritable())) continue;
      this.#trouble = null;
      log.always('Results can be written again; taking jobs', {});
      for (const queue of queues) queue.resume();
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
