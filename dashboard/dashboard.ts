/** The board as a service: Bull Board with the throughput panel, behind its guards. */

import express, { type Express } from 'express';
import { CommandError, EXIT } from '../shared/base/errors.js';
import { isLoopbackHost } from '../shared/kinds/site.js';
import { apiRoutes } from './api/run-api.js';
import { assetRoutes } from './assets.js';
import { type Board, createBoard } from './board/board.js';
import { createPasswordCheck, loginGuard } from './guard/access.js';
import {
  hostGuard,
  queryGuard,
  sameOriginGuard,
  securityHeaders,
  writeGuard,
} from './guard/request.js';
import { listen, type Listener, probes } from './listener.js';
import { Panel } from './live/panel.js';
import { createRedisWatch, type RedisWatch } from './live/redis-watch.js';
import { metricsRoutes } from './metrics/scrape.js';
import type { DashboardOptions, DashboardService } from './options.js';
import type { Shell } from './pages/page.js';
import { pageRoutes } from './pages/page-routes.js';
import { errorAnswer, notFound } from './problem.js';

/**
 * Makes a board; nothing listens before `start`.
 *
 * @throws CommandError (badConfig) for an address beyond this machine without a password. `start`
 * rejects with a CommandError (portTaken) or (badConfig) when it cannot listen.
 */
export function createDashboard(options: DashboardOptions): DashboardService {
  requirePassword(options);
  let running: Promise<Running> | undefined;
  let url: string | undefined;
  return {
    get url() {
      if (url === undefined) throw new Error('The board has not been started');
      return url;
    },
    async start() {
      running ??= run(options);
      try {
        ({ url } = await running);
      } catch (error) {
        running = undefined;
        throw error;
      }
    },
    async stop() {
      const ending = running;
      running = undefined;
      await (await ending?.catch(() => undefined))?.stop();
    },
  };
}

interface Running {
  readonly url: string;
  stop(): Promise<void>;
}

interface Parts {
  readonly watch: RedisWatch;
  readonly panel: Panel;
  readonly board: Board;
}

async function run(options: DashboardOptions): Promise<Running> {
  const watch = createRedisWatch(options.connection, options.logger);
  const panel = new Panel(options.connection);
  const board = createBoard(options, watch, panel);
  const application = await compose(options, { watch, board, panel });
  let listener: Listener;
  try {
    listener = await listen(application, options);
  } catch (error) {
    await board.close();
    throw error;
  }
  await watch.start();
  return {
    url: `http://${clientHost(options.host)}:${listener.port}`,
    // First no more requests: then nothing asks Redis any more, and the queues can be closed.
    stop: async () => {
      await listener.close();
      await watch.stop();
      await board.close();
    },
  };
}

/** The order matters: a request is refused before anything else looks at it. */
async function compose(
  options: DashboardOptions,
  { watch, board, panel }: Parts,
): Promise<Express> {
  const shell: Shell = {
    base: '/',
    version: options.version,
    writable: options.writable,
    hasResults: options.results !== undefined,
  };
  const application = express();
  application.disable('x-powered-by');
  application.use(securityHeaders());
  application.use(probes(watch));
  application.use(hostGuard(options.host, options.allowedHosts));
  if (options.password !== undefined) {
    application.use(loginGuard(await createPasswordCheck(options.password)));
  }
  application.use(sameOriginGuard(), writeGuard(options.writable), queryGuard());
  application.use(assetRoutes(), apiRoutes(panel, watch));
  const { connection, results: archive, sites } = options;
  application.use(pageRoutes({ connection, panel, watch, archive, sites, shell }));
  application.use(metricsRoutes({ connection, panel, watch, version: options.version }));
  application.use(board.routes);
  application.use(notFound(), errorAnswer(options.logger, shell));
  return application;
}

function requirePassword({ host, password }: DashboardOptions): void {
  if (isLoopbackHost(host) || (password !== undefined && password !== '')) return;
  throw new CommandError(
    EXIT.badConfig,
    `Cannot serve the board on ${host} without a password: set COMIC_QUEUE_PASSWORD, or use 127.0.0.1`,
  );
}

/** The host a client on this machine reaches the listener by. */
function clientHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
