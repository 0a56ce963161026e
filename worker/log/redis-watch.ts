/** Tells that Redis is gone and that it is back, once each, however many connections notice it. */

import type { RateLimitedLog } from '../../shared/base/logger.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { connectionRefusalOf, redisErrorText, refusalText } from '../../shared/redis/refusal.js';
import { formatRoughDuration } from '../../shared/report/format.js';

export class RedisWatch {
  readonly #log: RateLimitedLog;
  #goneAtMs: number | undefined;

  constructor(log: RateLimitedLog) {
    this.#log = log;
  }

  /** Whether Redis is gone: what else fails for that needs no line of its own. */
  get isGone(): boolean {
    return this.#goneAtMs !== undefined;
  }

  /** Takes an error of the worker's connection. */
  failed(connection: RedisConnection | undefined, error: Error): void {
    if (this.isGone) return;
    // One node of a cluster, or one command, may fail while Redis is there.
    if (connection?.status === 'ready') {
      this.#log.warn(`Redis has trouble: ${redisErrorText(error)}`, {});
      return;
    }
    this.#goneAtMs = performance.now();
    const refusal = connectionRefusalOf(error);
    const fact =
      refusal === undefined
        ? `Redis is gone: ${error.message || error.name}`
        : refusalText(refusal);
    this.#log.always(`${fact}. Jobs under way go on, none is begun`, {});
  }

  /** The connection can be used (again). */
  ready(): void {
    if (this.#goneAtMs === undefined) return;
    const forMs = performance.now() - this.#goneAtMs;
    this.#goneAtMs = undefined;
    this.#log.info(`Redis is back after ${formatRoughDuration(forMs)}`, { forMs });
  }
}
