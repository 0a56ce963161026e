/** The options of a board. The command line reads them from flags and the environment. */

import type { Service } from '../shared/base/errors.js';
import type { Logger } from '../shared/base/logger.js';
import type { Sites } from '../shared/kinds/site.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import type { ResultArchive } from '../shared/store/result-store.js';

export interface DashboardOptions {
  /** Opened with `whenDown: 'fail'`: a board reports that Redis is gone instead of waiting for it. */
  readonly connection: RedisConnection;
  /** The address to listen on; another than loopback needs a password. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Asked for by HTTP Basic, with any user name. */
  readonly password?: string | undefined;
  /** Whether the board may pause, resume, retry and promote. All other writes are always refused. */
  readonly writable: boolean;
  /** Host names that it serves besides those of the address it listens on. */
  readonly allowedHosts: readonly string[];
  /** Where comics and searches come from: the board links to them. */
  readonly sites: Sites;
  /** The results; without them the board has no page of results. */
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
