/** The board as a service: Bull Board with the throughput panel, behind its guards. */

import compression from 'compression';
import express, { type Express, Router } from 'express';
import { CommandError, EXIT } from '../shared/base/errors.js';
import { isLoopbackHost } from '../shared/kinds/site.js';
import { CONTROLS_PATH, controlRoutes } from './api/control-api.js';
import { apiRoutes } from './api/run-api.js';
import { assetRoutes } from './assets.js';
import { type Board, createBoard } from './board/board.js';
import { loginGuard } from './guard/access.js';
import {
  hostGuard,
  queryGuard,
  sameOriginGuard,
  securityHeaders,
  writeGuard,
} from './guard/request.js';
import { listen, type Listener, probes, requireFreePort } from './listener.js';
import { Panel } from './live/panel.js';
import { createRedisWatch, type RedisWatch } from './live/redis-watch.js';
import { metricsRoutes } from './metrics.js';
import type { DashboardOptions, DashboardService } from './options.js';
import type { Shell } from './pages/page.js';
import { pageRoutes } from './pages/page-routes.js';
import { errorAnswer, notFound, toBase } from './problem.js';

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

/**
 * Checks where a board is to listen, before Redis is opened for it, which may take a minute the first time.
 *
 * @throws CommandError (badConfig) or (portTaken), as a board itself would.
 */
export async function requireAddress(
  address: Pick<DashboardOptions, 'host' | 'port' | 'password'>,
): Promise<void> {
  requirePassword(address);
  await requireFreePort(address);
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
  const application = compose(options, { watch, board, panel });
  let listener: Listener;
  try {
    listener = await listen(application, options);
  } catch (error) {
    await board.close();
    throw error;
  }
  await watch.start();
  return {
    url: `http://${clientHost(options.host)}:${listener.port}${shellOf(options).base.slice(0, -1)}`,
    // First no more requests: then nothing asks Redis any more, and the queues can be closed.
    stop: async () => {
      await listener.close();
      await watch.stop();
      await board.close();
    },
  };
}

/** The order matters: a request is refused before anything else looks at it. */
function compose(options: DashboardOptions, parts: Parts): Express {
  const application = express();
  application.disable('x-powered-by');
  application.set('trust proxy', [...options.trustedProxies]);
  application.use(compression(), securityHeaders());
  const shell = shellOf(options);
  // What looks after the process asks it without the proxy's path.
  application.use(probes(parts.watch));
  application.use(shell.base, probes(parts.watch));
  application.use(hostGuard(options.host, options.allowedHosts));
  if (options.password !== undefined) application.use(loginGuard(options.password));
  application.use(toBase(shell.base));
  application.use(shell.base, boardRoutes(options, parts, shell));
  application.use(notFound(shell.base), errorAnswer(options.logger, shell));
  return application;
}

function boardRoutes(options: DashboardOptions, parts: Parts, shell: Shell): Router {
  const { connection, results: archive, sites, controls, logger } = options;
  const { watch, panel, board } = parts;
  const router = Router();
  router.use(sameOriginGuard(), writeGuard(CONTROLS_PATH, shell.writable), queryGuard());
  router.use(assetRoutes(), apiRoutes(panel, watch));
  if (controls !== undefined) router.use(controlRoutes(controls, logger));
  router.use(pageRoutes({ connection, panel, watch, archive, sites, shell }));
  router.use(metricsRoutes({ connection, panel, watch, version: options.version }));
  router.use(board.routes);
  return router;
}

function shellOf({ basePath, controls, results, version }: DashboardOptions): Shell {
  return {
    base: basePath.endsWith('/') ? basePath : `${basePath}/`,
    version,
    writable: controls !== undefined,
    hasResults: results !== undefined,
  };
}

function requirePassword({ host, password }: Pick<DashboardOptions, 'host' | 'password'>): void {
  if (isLoopbackHost(host) || (password !== undefined && password !== '')) return;
  throw new CommandError(
    EXIT.badConfig,
    `Cannot serve the board on ${host} without a password: name a file that holds one with --password-file, or set COMIC_QUEUE_PASSWORD, or use 127.0.0.1`,
  );
}

/** The host a client on this machine reaches the listener by. */
function clientHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
