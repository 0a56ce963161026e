/** Says every few seconds that the worker is there, and keeps its clock in step. */

import { hostname } from 'node:os';
import { pauseFor } from '../shared/base/wait.js';
import { announceWorker, dismissWorker, HEARTBEAT_EVERY_MS } from '../shared/queues/heartbeat.js';
import { CLOCK_SYNC_EVERY_MS, type RedisClock } from '../shared/redis/clock.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import type { QueueWorker } from './queue-worker.js';
import type { StoreGuard } from './store-guard.js';

export interface HeartbeatTerms {
  readonly id: string;
  readonly version: string;
  readonly out: string;
  readonly connection: RedisConnection;
  readonly clock: RedisClock;
  readonly queues: readonly QueueWorker[];
  readonly guard: StoreGuard;
  readonly signal: AbortSignal;
}

export class Heartbeat {
  private readonly terms: HeartbeatTerms;
  private readonly startedAtMs: number;

  constructor(terms: HeartbeatTerms) {
    this.terms = terms;
    this.startedAtMs = terms.clock.now();
  }

  /** Resolves when the worker is on the list. */
  async start(): Promise<void> {
    await this.announce();
    void this.repeat(HEARTBEAT_EVERY_MS, () => this.announce());
    void this.repeat(CLOCK_SYNC_EVERY_MS, () => this.terms.clock.sync());
  }

  /** Takes the worker off the list. */
  async dismiss(): Promise<void> {
    await dismissWorker(this.terms.connection, this.terms.id);
  }

  private async repeat(everyMs: number, work: () => Promise<void>): Promise<void> {
    while (await pauseFor(everyMs, this.terms.signal)) {
      // A statement that fails is made again the next time; the connection reports its own trouble.
      await work().catch(() => {});
    }
  }

  private async announce(): Promise<void> {
    const { id, version, out, connection, clock, queues, guard } = this.terms;
    const heartbeat = {
      id,
      host: hostname(),
      pid: process.pid,
      version,
      startedAtMs: this.startedAtMs,
      queues: Object.fromEntries(queues.map((queue) => [queue.queue.name, queue.concurrency])),
      active: Object.fromEntries(queues.map((queue) => [queue.queue.name, queue.activeCount()])),
      skewMs: clock.skewMs(),
      out,
      trouble: guard.trouble,
    };
    await announceWorker(connection, heartbeat, clock.now());
  }
}
