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
  /** What the board may do; without them it is read-only. Bull Board's own writes are always refused. */
  readonly controls?: BoardControls | undefined;
  /** The path that it is served under, such as `/queue`; `/` for the root. */
  readonly basePath: string;
  /**
   * Proxies whose `X-Forwarded-For` says who asks: addresses, subnets, or express's names for some
   * (`loopback`). Empty without a proxy: then anyone could write that header.
   */
  readonly trustedProxies: readonly string[];
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

/** What a writable board does. Each resolves with a sentence, and rejects with a CommandError. */
export interface BoardControls {
  /** Gives up what is left of a run. */
  cancel(run: number): Promise<string>;
  /** Makes a run of what failed in another. */
  retry(run: number): Promise<{ readonly text: string; readonly run: number }>;
  pause(queue: string): Promise<string>;
  resume(queue: string): Promise<string>;
  /** `kind` by its plural; `rate` as it is typed: `10/s`, `off`. */
  rate(kind: string, rate: string): Promise<string>;
}

/** Bull Board with the throughput panel, as a service. */
export interface DashboardService extends Service {
  /** Where it is on this machine, without a slash at the end; throws before `start` has resolved. */
  readonly url: string;
}
