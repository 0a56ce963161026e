/** Lets requests to a kind's site through, at the rate and outside the pauses that all workers share. */

import { wait } from '../shared/base/wait.js';
import type { KindName } from '../shared/kinds/kinds.js';
import { readSiteState, reserveRequest } from '../shared/queues/site-state.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { SitePausedError } from './reaction.js';

/** How old the known state of a site may be: requests go on while it is read again … */
const READ_EVERY_MS = 25;

/** … unless it is older than this: then they wait for it. */
const KNOWN_FOR_MS = 1000;

/** After a longer wait for its turn, a request looks again whether the site is paused. */
const RECHECK_AFTER_MS = 5;

export class SiteLimiter {
  readonly #connection: RedisConnection;
  readonly #kind: KindName;
  /** The state of the site as it was last read. */
  #limited = false;
  #pausedUntilMs = 0;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;
  #readsSoon = false;
  /** Refusals that Redis is being told of, and that it has been told of. */
  #tellingCount = 0;
  #toldCount = 0;

  constructor(connection: RedisConnection, kind: KindName) {
    this.#connection = connection;
    this.#kind = kind;
  }

  /**
   * Resolves when a request may be sent. Without a rate this costs some forty exchanges with Redis
   * a second, whatever the number of jobs, and no job waits for them while there are jobs.
   *
   * @throws SitePausedError when the site has asked any worker to be left alone.
   */
  async pass(signal: AbortSignal): Promise<void> {
    if (this.#tellingCount > 0) throw new SitePausedError();
    const ageMs = performance.now() - this.#readAtMs;
    if (ageMs > READ_EVERY_MS) {
      // A pause may have been lifted since.
      if (ageMs > KNOWN_FOR_MS || this.#isPaused()) await this.#read();
      else this.#readSoon();
    }
    if (this.#isPaused()) throw new SitePausedError();
    if (this.#limited) await this.#waitForTurn(signal);
  }

  /** Lets nothing through while Redis is told of a refusal, nor before the state was read since. */
  async closedWhile<T>(telling: () => Promise<T>): Promise<T> {
    this.#tellingCount += 1;
    try {
      return await telling();
    } finally {
      this.#tellingCount -= 1;
      this.#toldCount += 1;
      this.#reading = undefined;
      this.#readAtMs = Number.NEGATIVE_INFINITY;
    }
  }

  #isPaused(): boolean {
    return performance.now() < this.#pausedUntilMs;
  }

  /** Reads once the request that is let through is on its way: it would wait for three others. */
  #readSoon(): void {
    if (this.#readsSoon) return;
    this.#readsSoon = true;
    setImmediate(() => {
      this.#readsSoon = false;
      void this.#read();
    });
  }

  #read(): Promise<void> {
    this.#reading ??= this.#readState();
    // Requests that do not wait for it go on with what was known; those that do hear why it failed.
    this.#reading.catch(() => {});
    return this.#reading;
  }

  async #readState(): Promise<void> {
    const toldCount = this.#toldCount;
    try {
      const { intervalMs, pausedForMs } = await readSiteState(this.#connection, this.#kind);
      // Read before Redis was told of a refusal, it may know nothing of the pause.
      if (toldCount !== this.#toldCount) throw new SitePausedError();
      this.#readAtMs = performance.now();
      this.#limited = intervalMs !== undefined;
      this.#pausedUntilMs = this.#readAtMs + pausedForMs;
    } finally {
      if (toldCount === this.#toldCount) this.#reading = undefined;
    }
  }

  async #waitForTurn(signal: AbortSignal): Promise<void> {
    const waitMs = await reserveRequest(this.#connection, this.#kind);
    if (waitMs === undefined) throw new SitePausedError();
    if (waitMs > 0) await wait(waitMs, signal);
    if (waitMs <= RECHECK_AFTER_MS) return;
    const { pausedForMs } = await readSiteState(this.#connection, this.#kind);
    if (pausedForMs > 0) throw new SitePausedError();
  }
}
