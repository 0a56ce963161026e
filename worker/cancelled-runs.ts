/** Which runs have been cancelled: asked for at most once a second and run. */

import { z } from 'zod';
import type { RedisConnection } from '../shared/redis/connection.js';
import { KEYS } from '../shared/redis/keys.js';

const NOTICED_WITHIN_MS = 1000;

/** Runs remembered at most; the oldest are asked for again. */
const REMEMBERED_MAX = 1000;

interface Known {
  readonly cancelled: boolean;
  readonly checkedAtMs: number;
}

const State = z.string().nullable();

export class CancelledRuns {
  private readonly connection: RedisConnection;
  private readonly known = new Map<number, Known>();
  private readonly checks = new Map<number, Promise<boolean>>();

  constructor(connection: RedisConnection) {
    this.connection = connection;
  }

  /** Whether a run is cancelled, as of at most a second ago; known at once where it can be. */
  has(run: number): boolean | Promise<boolean> {
    const known = this.known.get(run);
    if (known?.cancelled === true) return true;
    if (known !== undefined && performance.now() - known.checkedAtMs < NOTICED_WITHIN_MS) {
      return false;
    }
    const check = this.checks.get(run) ?? this.check(run);
    this.checks.set(run, check);
    return check;
  }

  private async check(run: number): Promise<boolean> {
    try {
      const state = State.parse(await this.connection.hget(KEYS.run(run), 'state'));
      const cancelled = state === 'cancelled';
      this.remember(run, { cancelled, checkedAtMs: performance.now() });
      return cancelled;
    } finally {
      this.checks.delete(run);
    }
  }

  private remember(run: number, known: Known): void {
    this.known.delete(run);
    this.known.set(run, known);
    if (this.known.size <= REMEMBERED_MAX) return;
    const [oldest] = this.known.keys();
    if (oldest !== undefined) this.known.delete(oldest);
  }
}
