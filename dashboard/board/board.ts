/** Bull Board over every lane and the queue of runs. */

import { createBullBoard } from '@bull-board/api';
import type { Queue } from 'bullmq';
import type { RequestHandler } from 'express';
import { LANES, openQueue, RUNS_QUEUE } from '../../shared/queues/lane.js';
import type { WorkerPresence } from '../../shared/queues/worker-presence.js';
import { PAGE_HEAD } from '../assets.js';
import type { Panel } from '../live/panel.js';
import type { RedisWatch } from '../live/redis-watch.js';
import type { DashboardOptions } from '../options.js';
import { liveCards } from './cards.js';
import { boundedJobs } from './job-bounds.js';
import { LaneAdapter } from './lane-adapter.js';
import { BoardPage } from './page.js';
import { BOARD_THEME } from './style.js';

/** Cards show live rates; each poll costs Redis about a millisecond. */
const POLLED_EVERY_SECONDS = 2;

export interface Board {
  readonly routes: RequestHandler;
  /** Lets go of its queues; the connection stays the caller's. */
  close(): Promise<void>;
}

export function createBoard(options: DashboardOptions, watch: RedisWatch, panel: Panel): Board {
  const { connection } = options;
  const workers = async (): Promise<readonly WorkerPresence[]> =>
    (await panel.surroundings()).workers;
  const settings = { readOnlyMode: !options.writable };
  const lanes = [...LANES, undefined];
  const queues = lanes.map((lane) => openQueue(lane?.name ?? RUNS_QUEUE, connection));
  const serverAdapter = new BoardPage(watch, PAGE_HEAD);
  const cards = liveCards(panel);
  createBullBoard({
    queues: queues.map((queue, index) => new LaneAdapter(queue, settings, lanes[index], workers)),
    serverAdapter,
    options: {
      handlerHooks: {
        after: async (context, result) => cards(context, await boundedJobs(context, result)),
      },
      uiConfig: {
        boardTitle: 'comic-queue',
        boardLogo: { path: '/assets/icon.svg', width: 26, height: 26 },
        favIcon: { default: '/assets/icon.svg', alternative: '/assets/icon.svg' },
        hideDocsLink: true,
        sortQueues: false,
        pollingInterval: { showSetting: false, forceInterval: POLLED_EVERY_SECONDS },
        theme: BOARD_THEME,
      },
    },
  });
  return {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- typed as any by Bull Board: it is the express application
    routes: serverAdapter.getRouter() as RequestHandler,
    close: () => closeAll(queues),
  };
}

async function closeAll(queues: readonly Queue[]): Promise<void> {
  await Promise.all(queues.map((queue) => queue.close()));
}
