/** Bull Board over every lane and the queue of runs. */

import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type { Queue } from 'bullmq';
import type { RequestHandler } from 'express';
import { LANES } from '../../shared/queues/lane.js';
import { openQueue, openRunsQueue } from '../../shared/queues/queue.js';
import type { RedisWatch } from '../live/redis-watch.js';
import type { DashboardOptions } from '../options.js';
import { PAGE_HEAD } from '../assets.js';
import { BoardPage } from './page.js';
import { BOARD_THEME } from './style.js';

export interface Board {
  readonly routes: RequestHandler;
  /** Lets go of its queues; the connection stays the caller's. */
  close(): Promise<void>;
}

export function createBoard(options: DashboardOptions, watch: RedisWatch): Board {
  const { connection, writable } = options;
  const lanes = LANES.map(({ name }) => openQueue(name, connection));
  const queues = [...lanes, openRunsQueue(connection)];
  const serverAdapter = new BoardPage(watch, PAGE_HEAD);
  createBullBoard({
    queues: queues.map((queue) => new BullMQAdapter(queue, { readOnlyMode: !writable })),
    serverAdapter,
    options: {
      uiConfig: {
        boardTitle: 'comic-queue',
        boardLogo: { path: '/assets/icon.svg', width: 26, height: 26 },
        favIcon: { default: '/assets/icon.svg', alternative: '/assets/icon.svg' },
        hideDocsLink: true,
        sortQueues: false,
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
