/** Bull Board's express adapter with changes to its page, its waits and its errors. */

import type {
  AppControllerRoute,
  AppViewRoute,
  BullBoardRequest,
  ControllerHandlerReturnType,
} from '@bull-board/api/typings/app';
import { ExpressAdapter } from '@bull-board/express';
import { LRUCache } from 'lru-cache';
import { errorText } from '../../shared/base/errors.js';
import type { RedisWatch } from '../live/redis-watch.js';
import { problemBody, statusOf } from '../problem.js';

/** Bull Board's page stays blank while the host of this font hangs. The board serves its own font. */
const FOREIGN_FONT = /<link[^>]*fonts\.googleapis\.com[^>]*>/g;

const QUEUE_LIST = '/api/queues';

/** More queues and pages than anyone has open. */
const QUERIES_MAX = 100;

export class BoardPage extends ExpressAdapter {
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
    return page.replaceAll(FOREIGN_FONT, '').replace('</head>', () => `${this.#head}</head>`);
  }
}

function answerOf(error: Error): ControllerHandlerReturnType {
  const status = statusOf(error);
  const message = status === 500 ? 'The board failed; see its log' : errorText(error);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Bull Board's list of statuses lacks 503; express takes any
  return { status: status as 500, body: problemBody(status, message) };
}
