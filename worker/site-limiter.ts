/** Lets requests to a kind's site through at the rate that all workers share. */

import type { KindName } from '../shared/kinds/kinds.js';
import { readSiteState, reserveRequest } from '../shared/queues/site-state.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { wait } from '../shared/base/wait.js';
import { SitePausedError } from './reaction.js';

/** How old what is known of a site may be: jobs go on while it is looked up again … */
const LOOK_EVERY_MS = 25;

/** … unless it is older than this: then they wait for it. */
const KNOWN_FOR_MS = 1000;

/** After a longer wait for its turn, a request asks again whether the site is paused. */
const RECHECK_AFTER_MS = 5;

export class SiteLimiter {
  private readonly connection: RedisConnection;
  private readonly kind: KindName;
  private limited = false;
  private pausedUntilMs = 0;
  private lookedAtMs = Number.NEGATIVE_INFINITY;
  private looking: Promise<void> | undefined;
  private soon: NodeJS.Immediate | undefined;
  /** Refusals that Redis is being told, and that it has been told. */
  private tellingCount = 0;
  private toldCount = 0;

  constructor(connection: RedisConnection, kind: KindName) {
    this.connection = connection;
    this.kind = kind;
  }

  /**
   * Resolves when a request may be sent. Without a rate this costs some forty exchanges with Redis
   * a second, whatever the number of jobs, for which no job waits while there are jobs.
   *
   * @throws SitePausedError when the site has asked any worker to be left alone.
   */
  async pass(signal: AbortSignal): Promise<void> {
    if (this.tellingCount > 0) throw new SitePausedError();
    const ageMs = performance.now() - this.lookedAtMs;
    if (ageMs > LOOK_EVERY_MS) {
      // A pause may have been lifted since.
      if (ageMs > KNOWN_FOR_MS || this.isPaused()) await this.look();
      else this.lookSoon();
    }
    if (this.isPaused()) throw new SitePausedError();
    if (this.limited) await this.waitForTurn(signal);
  }

  /** Lets nothing through while Redis is being told of a refusal, nor before it was asked since. */
  async closedWhile<T>(telling: () => Promise<T>): Promise<T> {
    this.tellingCount += 1;
    try {
      return await telling();
    } finally {
      this.tellingCount -= 1;
      this.toldCount += 1;
      this.looking = undefined;
      this.lookedAtMs = Number.NEGATIVE_INFINITY;
    }
  }

  private isPaused(): boolean {
    return performance.now() < this.pausedUntilMs;
  }

  /** Looks once the request that is let through is on its way: it would wait for three others. */
  private lookSoon(): void {
    this.soon ??= setImmediate(() => {
      this.soon = undefined;
      void this.look();
    });
  }

  private look(): Promise<void> {
    this.looking ??= this.readState();
    // Who does not wait for it goes on with what was known; who does is told why it failed.
    this.looking.catch(() => {});
    return this.looking;
  }

  private async readState(): Promise<void> {
    const { toldCount } = this;
    try {
      const { intervalMs, pausedForMs } = await readSiteState(this.connection, this.kind);
      // It was asked before it was told of a refusal, and may know nothing of the pause.
      if (toldCount !== this.toldCount) throw new SitePausedError();
      this.lookedAtMs = performance.now();
      this.limited = intervalMs !== undefined;
      this.pausedUntilMs = this.lookedAtMs + pausedForMs;
    } finally {
      if (toldCount === this.toldCount) this.looking = undefined;
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
