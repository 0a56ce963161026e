/** Bull Board over every queue and the queue of runs. */

import { createBullBoard } from '@bull-board/api';
import type {
  AfterHook,
  AppControllerRoute,
  AppViewRoute,
  BullBoardRequest,
  ControllerHandlerReturnType,
} from '@bull-board/api/typings/app';
import { ExpressAdapter } from '@bull-board/express';
import type { Queue } from 'bullmq';
import type { RequestHandler } from 'express';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { errorText } from '../../shared/base/errors.js';
import { QUEUES, openQueue, RUNS_QUEUE } from '../../shared/queues/queue.js';
import type { Heartbeat } from '../../shared/queues/heartbeat.js';
import { WATCHES_QUEUE } from '../../shared/queues/watches.js';
import { formatCount, formatShortRate } from '../../shared/report/format.js';
import { pauseStandstill, starvedStandstill } from '../../shared/report/standstill.js';
import type { QueueState } from '../../shared/queues/queue-state.js';
import type { QueueActivity, RunView } from '../api/panel-view.js';
import { BOARD_THEME, pageHead } from '../assets.js';
import type { Panel } from '../live/panel.js';
import type { RedisWatch } from '../live/redis-watch.js';
import type { DashboardOptions } from '../options.js';
import { problemBody, statusOf } from '../problem.js';
import { boundedJobs, QueueAdapter, runTitles } from './jobs.js';

const DESCRIPTIONS: ReadonlyMap<string, string> = new Map([
  [RUNS_QUEUE, 'Each job is a run: its result is the report, its logs tell how it went'],
  [WATCHES_QUEUE, 'Each job looks for what is new: its result is what was found'],
]);

/** Cards show live rates; each poll costs Redis about a millisecond. */
const POLLED_EVERY_SECONDS = 2;

/** Times with their zone: who looks may be in another than the server, or than the reader of a picture. */
const TIME = {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hour12: false,
  timeZoneName: 'short',
} as const;
const DAY_AND_TIME = { ...TIME, month: 'short', day: 'numeric' } as const;

/** Bull Board's page stays blank while the host of this font hangs. The board serves its own font. */
const FOREIGN_FONT = /<link[^>]*fonts\.googleapis\.com[^>]*>/g;

/** What its page shows while it loads is dark for everyone; here it follows the theme. */
const LOADING_COLOURS = [
  ['background:#151a21', 'background:var(--background)'],
  ['color:#8b96a5', 'color:var(--muted-foreground)'],
] as const;

const QUEUE_LIST = '/api/queues';

/** More queues and pages than anyone has open. */
const QUERIES_MAX = 100;

export interface Board {
  readonly routes: RequestHandler;
  /** Closes its queues; the connection stays the caller's. */
  close(): Promise<void>;
}

export function createBoard(options: DashboardOptions, watch: RedisWatch, panel: Panel): Board {
  const { connection } = options;
  const workers = async (): Promise<readonly Heartbeat[]> => (await panel.surroundings()).workers;
  const settings = { readOnlyMode: true };
  const names = [...QUEUES.map(({ name }) => name), RUNS_QUEUE, WATCHES_QUEUE];
  const bullQueues = names.map((name) => openQueue(name, connection));
  const serverAdapter = new BoardPage(watch, pageHead(options.controls !== undefined));
  serverAdapter.setBasePath(options.basePath === '/' ? '' : options.basePath);
  const cards = liveCards(panel);
  const titles = runTitles((number) => panel.runs.listed(number));
  createBullBoard({
    queues: bullQueues.map(
      (bullQueue, index) => new QueueAdapter(bullQueue, settings, QUEUES[index], workers),
    ),
    serverAdapter,
    options: {
      handlerHooks: {
        after: async (context, result) =>
          titles(context, await cards(context, await boundedJobs(context, result))),
      },
      uiConfig: {
        boardTitle: 'comic-queue',
        boardLogo: { path: 'assets/icon.svg', width: 26, height: 26 },
        favIcon: { default: 'assets/icon.svg', alternative: 'assets/icon.svg' },
        hideDocsLink: true,
        sortQueues: false,
        pollingInterval: { showSetting: false, forceInterval: POLLED_EVERY_SECONDS },
        theme: BOARD_THEME,
        dateFormats: {
          short: TIME,
          common: DAY_AND_TIME,
          full: { ...DAY_AND_TIME, year: 'numeric' },
        },
      },
    },
  });
  return {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Bull Board types its express application as any
    routes: serverAdapter.getRouter() as RequestHandler,
    close: () => closeAll(bullQueues),
  };
}

async function closeAll(bullQueues: readonly Queue[]): Promise<void> {
  await Promise.all(bullQueues.map((bullQueue) => bullQueue.close()));
}

const Counts = z.record(z.string(), z.number());
const Cards = z.looseObject({
  queues: z.array(z.looseObject({ name: z.string(), counts: Counts.optional() })),
});
type Card = z.infer<typeof Cards>['queues'][number];

/** What was really done, not what BullMQ still holds of it; what was tried again or given up is not red. */
function countsOf({ counts }: Card, { queue }: QueueActivity): z.infer<typeof Counts> | undefined {
  return counts === undefined
    ? undefined
    : { ...counts, completed: queue.done, failed: queue.failed };
}

/** A hook that adds to each card of Bull Board: `comics · 65.4/s`, and below it how its run goes. */
function liveCards(panel: Panel): AfterHook {
  return async (context, result): Promise<ControllerHandlerReturnType> => {
    if (context.route !== QUEUE_LIST) return result;
    const body = Cards.safeParse(result.body);
    if (!body.success) return result;
    const activities = await panel.activity();
    const queues = body.data.queues.map((card) => {
      const activity = activities.find(({ queue }) => queue.name === card.name);
      if (activity !== undefined)
        return { ...card, ...wordsOf(activity), counts: countsOf(card, activity) };
      const description = DESCRIPTIONS.get(card.name);
      return description === undefined ? card : { ...card, description };
    });
    return { ...result, body: { ...body.data, queues } };
  };
}

interface CardWords {
  readonly displayName?: string;
  readonly description: string;
}

function wordsOf({ queue, run, perSecond, workers, atATime }: QueueActivity): CardWords {
  const attendance =
    workers === 0
      ? 'no worker'
      : `${formatCount(workers)} ${workers === 1 ? 'worker' : 'workers'}, ${formatCount(atATime)} at a time`;
  const parts = [attendance, ...troubleOf(queue), ...(run === undefined ? [] : [progressOf(run)])];
  return {
    ...(perSecond === undefined
      ? {}
      : { displayName: `${queue.name} · ${formatShortRate(perSecond)}` }),
    description: parts.join(' · '),
  };
}

function troubleOf(queue: QueueState): string[] {
  if (queue.pause !== undefined) return [pauseStandstill(queue, queue.pause).brief];
  return queue.starvedForMs === 0 ? [] : [starvedStandstill(queue).text];
}

function progressOf({ report, live, title }: RunView): string {
  if (!live) return title;
  return `run-${report.run}: ${formatCount(report.ended)} of ${formatCount(report.queued)} done`;
}

/** Bull Board's express adapter with changes to its page, its waits and its errors. */
class BoardPage extends ExpressAdapter {
  readonly #watch: RedisWatch;
  readonly #head: string;
  /** The last answers, by query. */
  readonly #lists = new LRUCache<string, ControllerHandlerReturnType>({ max: QUERIES_MAX });

  /** `head` is added to the end of the page's head. */
  constructor(watch: RedisWatch, head: string) {
    super();
    this.#watch = watch;
    this.#head = head;
    this.app.disable('x-powered-by');
  }

  override setEntryRoute(route: AppViewRoute): ExpressAdapter {
    this.app.get(route.route, (_request, response, next) => {
      const { name, params } = route.handler({ basePath: this.basePath, uiConfig: this.uiConfig });
      response.render(name, params, (error: Error | null, page: string) => {
        if (error === null) response.type('html').send(this.#complete(page));
        else next(error);
      });
    });
    return this;
  }

  /**
   * Bull Board's handlers wait for Redis without a limit; here they have one. The list of queues is
   * then shown as it last was, below a panel that says so.
   */
  override setApiRoutes(routes: AppControllerRoute[]): ExpressAdapter {
    const bounded = routes.map((route) => ({
      ...route,
      handler: (request) => this.#answer(route, request),
    })) satisfies AppControllerRoute[];
    return super.setApiRoutes(bounded);
  }

  async #answer(
    route: AppControllerRoute,
    request: BullBoardRequest | undefined,
  ): Promise<ControllerHandlerReturnType> {
    const ask = async (): Promise<ControllerHandlerReturnType> => route.handler(request);
    if (route.route !== QUEUE_LIST) return this.#watch.reach(ask);
    const key = JSON.stringify(request?.query ?? {});
    try {
      const answer = await this.#watch.reach(ask);
      this.#lists.set(key, answer);
      return answer;
    } catch (error) {
      const last = statusOf(error) === 503 ? this.#lists.get(key) : undefined;
      if (last === undefined) throw error;
      return last;
    }
  }

  /** Bull Board's own error handling shows stack traces where NODE_ENV is `development`. */
  override setErrorHandler(): this {
    return super.setErrorHandler((error) => answerOf(error));
  }

  #complete(page: string): string {
    const themed = LOADING_COLOURS.reduce(
      (text, [fixed, own]) => text.replaceAll(fixed, own),
      page,
    );
    return themed.replaceAll(FOREIGN_FONT, '').replace('</head>', () => `${this.#head}</head>`);
  }
}

function answerOf(error: Error): ControllerHandlerReturnType {
  const status = statusOf(error);
  const message = status === 500 ? 'The board failed; see its log' : errorText(error);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Bull Board's list of statuses lacks 503; express takes any
  return { status: status as 500, body: problemBody(status, message) };
}
