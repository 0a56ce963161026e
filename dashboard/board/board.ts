/** Bull Board over every lane and the queue of runs. */

import { createBullBoard } from '@bull-board/api';
import type { AfterHook, ControllerHandlerReturnType } from '@bull-board/api/typings/app';
import type { Queue } from 'bullmq';
import type { RequestHandler } from 'express';
import { z } from 'zod';
import { LANES, openQueue, RUNS_QUEUE } from '../../shared/queues/lane.js';
import type { WorkerPresence } from '../../shared/queues/worker-presence.js';
import { formatCount, formatDuration } from '../../shared/report/format.js';
import type { LaneView, RunView } from '../api/panel-view.js';
import { BOARD_THEME, PAGE_HEAD } from '../assets.js';
import type { LaneActivity, Panel } from '../live/panel.js';
import type { RedisWatch } from '../live/redis-watch.js';
import type { DashboardOptions } from '../options.js';
import { boundedJobs, LaneAdapter } from './jobs.js';
import { BoardPage } from './page.js';

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

const Cards = z.looseObject({ queues: z.array(z.looseObject({ name: z.string() })) });

/** A hook for Bull Board's list of queues: `comics · 65.4/s`, and below it how its run goes. */
function liveCards(panel: Panel): AfterHook {
  return async (context, result): Promise<ControllerHandlerReturnType> => {
    if (context.route !== '/api/queues') return result;
    const body = Cards.safeParse(result.body);
    if (!body.success) return result;
    const lanes = await panel.activity();
    const queues = body.data.queues.map((queue) => {
      const activity = lanes.find(({ lane }) => lane.name === queue.name);
      if (activity !== undefined) return { ...queue, ...wordsOf(activity) };
      return queue.name === RUNS_QUEUE ? { ...queue, description: RUNS_DESCRIPTION } : queue;
    });
    return { ...result, body: { ...body.data, queues } };
  };
}

const RUNS_DESCRIPTION = 'Each job is a run: its result is the report, its logs the story';

interface CardWords {
  readonly displayName?: string;
  readonly description: string;
}

function wordsOf({ lane, run, perSecond, workers, atATime }: LaneActivity): CardWords {
  const hands =
    workers === 0
      ? 'no worker'
      : `${formatCount(workers)} ${workers === 1 ? 'worker' : 'workers'}, ${formatCount(atATime)} at a time`;
  const parts = [hands, ...troubleOf(lane), ...(run === undefined ? [] : [progressOf(run)])];
  return {
    ...(perSecond === undefined ? {} : { displayName: `${lane.name} · ${shortRate(perSecond)}` }),
    description: parts.join(' · '),
  };
}

function troubleOf(lane: LaneView): string[] {
  if (lane.paused) return ['paused'];
  if (lane.sitePausedForMs > 0) {
    return [`its site is left alone for ${formatDuration(lane.sitePausedForMs)}`];
  }
  if (lane.starvedForMs === 0) return [];
  const time = formatDuration(lane.starvedForMs);
  return [`${formatCount(lane.waiting)} jobs wait, none has started for ${time}`];
}

function progressOf({ report, live, title }: RunView): string {
  if (!live) return title;
  return `run-${report.run}: ${formatCount(report.ended)} of ${formatCount(report.queued)} done`;
}

/** `65.4/s`. */
function shortRate(perSecond: number): string {
  return `${perSecond >= 99.95 ? formatCount(perSecond) : perSecond.toFixed(1)}/s`;
}
