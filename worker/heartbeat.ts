/** Sends heartbeats, so that others know which workers are connected, and keeps the clock in step. */

import { hostname } from 'node:os';
import type { RateLimitedLog } from '../shared/base/logger.js';
import { pauseFor } from '../shared/base/wait.js';
import {
  announceWorker,
  dismissWorker,
  type Heartbeat,
  HEARTBEAT_EVERY_MS,
  listWorkers,
  storeSplitWarnings,
} from '../shared/queues/heartbeat.js';
import type { JobQueue } from '../shared/queues/queue.js';
import { followClock } from '../shared/queues/site-state.js';
import { CLOCK_SYNC_EVERY_MS, type RedisClock } from '../shared/redis/clock.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import type { ResultStore } from '../shared/store/result-store.js';
import type { RedisBackoff } from './redis-backoff.js';

/** How often a worker looks whether others of its kinds share its results. */
const STORE_LOOK_EVERY_MS = 60_000;

export interface HeartbeatOptions {
  readonly id: string;
  readonly version: string;
  readonly out: string;
  /** Identity of each kind's site. */
  readonly sites: Readonly<Record<string, string>>;
}

export interface HeartbeatDeps {
  readonly connection: RedisConnection;
  readonly clock: RedisClock;
  readonly queues: readonly WorkedQueue[];
  /** Says what keeps results from being written; null when nothing does. */
  readonly guard: { readonly trouble: string | null };
  readonly store: ResultStore;
  readonly backoff: RedisBackoff;
  readonly log: RateLimitedLog;
}

/** What a heartbeat says of a queue. */
interface WorkedQueue {
  readonly queue: JobQueue;
  /** Jobs at once. */
  readonly concurrency: number;
  /** Jobs under way. */
  activeCount(): number;
  /** How long it has been ready for a job and taken none, in milliseconds. */
  idleMs(): number;
}

export class HeartbeatSender {
  readonly #options: HeartbeatOptions;
  readonly #deps: HeartbeatDeps;
  readonly #startedAtMs: number;
  /** The warnings that were logged last. */
  #warned = '';

  constructor(options: HeartbeatOptions, deps: HeartbeatDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#startedAtMs = deps.clock.now();
  }

  /**
   * Resolves once the worker is on the list, however long Redis is in trouble; goes on until the signal
   * aborts.
   */
  async start(signal: AbortSignal): Promise<void> {
    await this.#deps.backoff.persist(() => this.#send(), signal);
    // Whether results are shared is no reason not to start.
    await this.#lookAtStores().catch(() => {});
    void repeat(STORE_LOOK_EVERY_MS, () => this.#lookAtStores(), signal);
    void repeat(HEARTBEAT_EVERY_MS, () => this.#send(), signal);
    void repeat(HEARTBEAT_EVERY_MS, () => this.#followClock(), signal);
    void repeat(CLOCK_SYNC_EVERY_MS, () => this.#deps.clock.sync(), signal);
  }

  /** Takes the worker off the list. */
  async dismiss(): Promise<void> {
    await dismissWorker(this.#deps.connection, this.#options.id);
  }

  /** Logs when workers of its kinds store results elsewhere, once for each change. */
  async #lookAtStores(): Promise<void> {
    const { connection, queues, log } = this.#deps;
    const own = new Set(queues.map(({ queue }) => queue.kind));
    const workers = await listWorkers(connection);
    const warnings = storeSplitWarnings(workers, [...own]);
    const all = warnings.join('\n');
    if (all === this.#warned) return;
    this.#warned = all;
    for (const warning of warnings) log.always(warning, {});
  }

  /** Redis's clock may be set back while a site is paused, and every job with it. */
  async #followClock(): Promise<void> {
    const kinds = new Set(this.#deps.queues.map(({ queue }) => queue.kind));
    for (const kind of kinds) await followClock(this.#deps.connection, kind);
  }

  async #send(): Promise<void> {
    const { connection, clock, queues, guard, store } = this.#deps;
    const heartbeat: Heartbeat = {
      ...this.#options,
      host: hostname(),
      pid: process.pid,
      startedAtMs: this.#startedAtMs,
      queues: Object.fromEntries(queues.map((queue) => [queue.queue.name, queue.concurrency])),
      active: Object.fromEntries(queues.map((queue) => [queue.queue.name, queue.activeCount()])),
      idleMs: Object.fromEntries(queues.map((queue) => [queue.queue.name, queue.idleMs()])),
      skewMs: clock.skewMs(),
      storeId: store.id,
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
