/** What a dashboard needs to be told. The command line reads it from flags and the environment. */

import type { Service } from '../shared/base/errors.js';
import type { Logger } from '../shared/base/logger.js';
import type { Sites } from '../shared/kinds/site.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import type { ResultArchive } from '../shared/store/result-store.js';

export interface DashboardOptions {
  /** Opened with `whenDown: 'fail'`: a board says that Redis is gone, it does not wait for it. */
  readonly connection: RedisConnection;
  /** The address to listen on; another than loopback needs a password. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** What a browser must present; any user name goes with it. */
  readonly password?: string | undefined;
  /** Whether the board may pause, resume, retry and promote. All other writes are always refused. */
  readonly writable: boolean;
  /** Names under which the board may be asked for, besides those of the address it listens on. */
  readonly allowedHosts: readonly string[];
  /** The sites that comics and searches come from: where the board's links lead. */
  readonly sites: Sites;
  /** Where results are kept; without it, the board has no page of them. */
  readonly results?: ResultArchive | undefined;
  readonly logger: Logger;
  /** Shown on the board. */
  readonly version: string;
}

/** Bull Board with the throughput panel, as a service. */
export interface DashboardService extends Service {
  /** Where it listens, without a slash at the end; throws before `start` has resolved. */
  readonly url: string;
}
