/** A board of a test's own, and plain requests that may say anything a browser would not. */

import { request } from 'node:http';
import { boardControls } from '../../cli/commands/dashboard.js';
import { createDashboard } from '../../dashboard/dashboard.js';
import type { BoardControls, DashboardOptions, DashboardService } from '../../dashboard/options.js';
import { createLogger } from '../../shared/base/logger.js';
import { closeConnection, openConnection } from '../../shared/redis/connection.js';
import type { TestRedis } from '../support/redis-server.js';
import { comics, WorkPlace } from '../support/work-place.js';

export interface BoardUnderTest {
  readonly service: DashboardService;
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a board on a free port, on a connection of its own. */
export async function startBoard(
  redis: TestRedis,
  options: Partial<DashboardOptions> = {},
): Promise<BoardUnderTest> {
  const connection = openConnection(redis.address, { whenDown: 'fail' }, () => {});
  const service = createDashboard({
    connection,
    host: '127.0.0.1',
    port: 0,
    allowedHosts: [],
    basePath: '/',
    trustedProxies: [],
    sites: { comic: { url: 'https://xkcd.com/{id}/info.0.json' } },
    logger: createLogger('silent'),
    version: '0.0.0',
    ...options,
  });
  await service.start();
  return {
    service,
    url: service.url,
    stop: async () => {
      await service.stop();
      await closeConnection(connection);
    },
  };
}

/** What makes a board writable. */
export function controls(redis: TestRedis): BoardControls {
  return boardControls(redis.connect(), new AbortController().signal);
}

export interface WorkedBoard {
  readonly place: WorkPlace;
  readonly board: BoardUnderTest;
  close(): Promise<void>;
}

/** A board over a place where a worker has fetched so many comics in one run. */
export async function startWorkedBoard(comicCount: number): Promise<WorkedBoard> {
  return workedBoard(await WorkPlace.open(), async (place) => {
    await place.report(await place.enqueue({ kind: 'comic', inputs: comics(1, comicCount) }));
  });
}

/**
 * A board over a baseline and a run of the same comics: the site refuses one of them each time, and
 * another at first.
 */
export async function startComparedBoard(comicCount: number): Promise<WorkedBoard> {
  const place = await WorkPlace.open({ faults: ['403?ids=3', '503?ids=4&first=1'] });
  const asked = { kind: 'comic', inputs: comics(1, comicCount), refetch: true } as const;
  return workedBoard(place, async () => {
    await place.report(await place.enqueue({ ...asked, baseline: true }));
    await place.report(await place.enqueue(asked));
  });
}

async function workedBoard(
  place: WorkPlace,
  work: (place: WorkPlace) => Promise<void>,
): Promise<WorkedBoard> {
  const board = await startBoard(place.redis);
  await place.startWorker();
  await work(place);
  return {
    place,
    board,
    close: async () => {
      await board.stop();
      await place.close();
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Asks with exactly these headers. */
export function ask(
  url: string,
  { method = 'GET', headers = {}, body }: Ask = {},
): Promise<Answer> {
  const length = { 'content-length': String(Buffer.byteLength(body ?? '')) };
  return new Promise((resolve, reject) => {
    const options = { method, headers: { ...length, ...headers }, agent: false };
    const sent = request(url, options, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(parts).toString('utf8'),
        }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** What a page of the board itself would send with a write. */
export const FROM_THE_BOARD = { 'sec-fetch-site': 'same-origin' } as const;
