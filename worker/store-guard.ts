/** Keeps the worker from taking jobs while results cannot be written, and notices when they can. */

import type { StoreUnavailableError } from '../shared/base/errors.js';
import { pauseFor } from '../shared/base/wait.js';
import type { ResultStore } from '../shared/store/result-store.js';
import type { QueueWorker, RateLimitedLog } from './queue-worker.js';

const PROBE_EVERY_MS = 2000;

export class StoreGuard {
  private readonly store: ResultStore;
  private readonly log: RateLimitedLog;
  private readonly signal: AbortSignal;
  private queues: readonly QueueWorker[] = [];
  private current: string | null = null;

  constructor(store: ResultStore, log: RateLimitedLog, signal: AbortSignal) {
    this.store = store;
    this.log = log;
    this.signal = signal;
  }

  /** Names the queues to stop when there is trouble. */
  guards(queues: readonly QueueWorker[]): void {
    this.queues = queues;
  }

  /** What keeps results from being written; null when nothing does. */
  get trouble(): string | null {
    return this.current;
  }

  /** Stops taking jobs until a probe succeeds. Further calls while it waits change nothing. */
  onTrouble(trouble: StoreUnavailableError): void {
    if (this.current !== null) return;
    this.current = trouble.message;
    this.log.always('Cannot write results; taking no more jobs until it works again', {
      why: trouble.message,
    });
    void this.untilWritable();
  }

  private async untilWritable(): Promise<void> {
    await Promise.all(this.queues.map((queue) => queue.pause()));
    while (await pauseFor(PROBE_EVERY_MS, this.signal)) {
      if (!(await this.isWritable())) continue;
      this.current = null;
      this.log.always('Results can be written again; taking jobs', {});
      for (const queue of this.queues) queue.resume();
      return;
    }
  }

  private async isWritable(): Promise<boolean> {
    try {
      await this.store.probe();
      return true;
    } catch {
      return false;
    }
  }
}
