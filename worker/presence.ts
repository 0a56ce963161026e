/** Says every few seconds that the worker is there, and keeps its clock in step. */

import { hostname } from 'node:os';
import { pauseFor } from '../shared/base/wait.js';
import {
  announceWorker,
  dismissWorker,
  PRESENCE_EVERY_MS,
} from '../shared/queues/worker-presence.js';
import { CLOCK_SYNC_EVERY_MS, type RedisClock } from '../shared/redis/clock.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import type { LaneWorker } from './lane-worker.js';
import type { StoreGuard } from './store-guard.js';

export interface PresenceTerms {
  readonly id: string;
  readonly version: string;
  readonly out: string;
  readonly connection: RedisConnection;
  readonly clock: RedisClock;
  readonly lanes: readonly LaneWorker[];
  readonly guard: StoreGuard;
  readonly signal: AbortSignal;
}

export class Presence {
  private readonly terms: PresenceTerms;
  private readonly startedAtMs: number;

  constructor(terms: PresenceTerms) {
    this.terms = terms;
    this.startedAtMs = terms.clock.now();
  }

  /** Resolves when the worker is on the list. */
  async start(): Promise<void> {
    await this.announce();
    void this.repeat(PRESENCE_EVERY_MS, () => this.announce());
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
    const { id, version, out, connection, clock, lanes, guard } = this.terms;
    const presence = {
      id,
      host: hostname(),
      pid: process.pid,
      version,
      startedAtMs: this.startedAtMs,
      lanes: Object.fromEntries(lanes.map((lane) => [lane.lane.name, lane.concurrency])),
      active: Object.fromEntries(lanes.map((lane) => [lane.lane.name, lane.activeCount()])),
      skewMs: clock.skewMs(),
      out,
      trouble: guard.trouble,
    };
    await announceWorker(connection, presence, clock.now());
  }
}
