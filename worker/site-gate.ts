/** Lets requests to a kind's site through at the rate that all workers share. */

import type { KindName } from '../shared/kinds/kinds.js';
import { readSiteState, reserveRequest } from '../shared/queues/site-state.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { wait } from '../shared/base/wait.js';
import { SitePausedError } from './reaction.js';

/** How long a worker may not have noticed that a rate was set or lifted. */
const RATE_NOTICED_WITHIN_MS = 1000;

/** After a longer wait for its turn, a request asks again whether the site is paused. */
const RECHECK_AFTER_MS = 5;

export class SiteGate {
  private readonly connection: RedisConnection;
  private readonly kind: KindName;
  private limited = false;
  private checkedAtMs = Number.NEGATIVE_INFINITY;
  private checking: Promise<void> | undefined;

  constructor(connection: RedisConnection, kind: KindName) {
    this.connection = connection;
    this.kind = kind;
  }

  /**
   * Resolves when a request may be sent. Without a rate this costs one exchange with Redis a
   * second, whatever the number of jobs.
   *
   * @throws SitePausedError when the site asked to be left alone meanwhile.
   */
  async pass(signal: AbortSignal): Promise<void> {
    if (performance.now() - this.checkedAtMs > RATE_NOTICED_WITHIN_MS) {
      this.checking ??= this.check();
      await this.checking;
    }
    if (this.limited) await this.waitForTurn(signal);
  }

  private async check(): Promise<void> {
    try {
      const state = await readSiteState(this.connection, this.kind);
      this.limited = state.intervalMs !== undefined;
      this.checkedAtMs = performance.now();
    } finally {
      this.checking = undefined;
    }
  }

  private async waitForTurn(signal: AbortSignal): Promise<void> {
    const waitMs = await reserveRequest(this.connection, this.kind);
    if (waitMs === undefined) throw new SitePausedError();
    if (waitMs > 0) await wait(waitMs, signal);
    if (waitMs <= RECHECK_AFTER_MS) return;
    const { pausedForMs } = await readSiteState(this.connection, this.kind);
    if (pausedForMs > 0) throw new SitePausedError();
  }
}
