/** Sends heartbeats, so that others know which workers are connected, and keeps the clock in step. */

import { hostname } from 'node:os';
import { pauseFor } from '../shared/base/wait.js';
import { announceWorker, dismissWorker, HEARTBEAT_EVERY_MS } from '../shared/queues/heartbeat.js';
import { CLOCK_SYNC_EVERY_MS, type RedisClock } from '../shared/redis/clock.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import type { QueueWorker } from './queue-worker.js';
import type { StoreGuard } from './store-guard.js';

export interface HeartbeatOptions {
  readonly id: string;
  readonly version: string;
  readonly out: string;
}

export interface HeartbeatDeps {
  readonly connection: RedisConnection;
  readonly clock: RedisClock;
  readonly queues: readonly QueueWorker[];
  readonly guard: StoreGuard;
}

export class HeartbeatSender {
  readonly #options: HeartbeatOptions;
  readonly #deps: HeartbeatDeps;
  readonly #startedAtMs: number;

  constructor(options: HeartbeatOptions, deps: HeartbeatDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#startedAtMs = deps.clock.now();
  }

  /** Resolves once the worker is on the list; goes on until the signal aborts. */
  async start(signal: AbortSignal): Promise<void> {
    await this.#send();
    void repeat(HEARTBEAT_EVERY_MS, () => this.#send(), signal);
    void repeat(CLOCK_SYNC_EVERY_MS, () => this.#deps.clock.sync(), signal);
  }

  /** Takes the worker off the list. */
  async dismiss(): Promise<void> {
    await dismissWorker(this.#deps.connection, this.#options.id);
  }

  async #send(): Promise<void> {
    const { connection, clock, queues, guard } = this.#deps;
    const heartbeat = {
      ...this.#options,
      host: hostname(),
      pid: process.pid,
      startedAtMs: this.#startedAtMs,
      queues: Object.fromEntries(queues.map((queue) => [queue.queue.name, queue.concurrency])),
      active: Object.fromEntries(queues.map((queue) => [queue.queue.name, queue.activeCount()])),
      skewMs: clock.skewMs(),
      trouble: guard.trouble,
    };
    await announceWorker(connection, heartbeat, clock.now());
  }
}

async function repeat(
  everyMs: number,
  act: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  while (await pauseFor(everyMs, signal)) {
    // The next one makes up for one that fails; the connection reports its own trouble.
    await act().catch(() => {});
  }
}
