/**
 * `node crawlee-process.js TASK FOLDER`: fetches, checks and stores with Crawlee's HttpCrawler, whose
 * queue is in its memory. Crawlee is no dependency of the project: it is loaded from the folder.
 */

import { rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { z } from 'zod';
import { idsOf, urlOfComic } from './peer.js';
import { readTask } from './store-comic.js';

interface Crawlee {
  readonly Configuration: new (options: object) => object;
  readonly HttpCrawler: new (options: HttpCrawlerOptions, configuration: object) => Crawler;
  readonly log: { setLevel(level: number): void };
}

interface HttpCrawlerOptions {
  readonly minConcurrency: number;
  readonly maxConcurrency: number;
  readonly additionalMimeTypes: readonly string[];
  readonly useSessionPool: boolean;
  readonly persistCookiesPerSession: boolean;
  readonly requestHandler: (context: Context) => Promise<void>;
}

interface Context {
  readonly request: { readonly userData: { readonly id: number } };
  readonly body: string | Buffer;
}

interface Crawler {
  addRequests(requests: readonly object[], options: object): Promise<unknown>;
  run(): Promise<{ readonly requestsFinished: number }>;
}

const WARNING = 2;
const Comic = z.object({ num: z.number() });

const [, , json, folder = ''] = process.argv;
const task = readTask(json);
const { Configuration, HttpCrawler, log } = createRequire(join(folder, 'peers.js'))(
  '@crawlee/http',
) as Crawlee;

log.setLevel(WARNING);
const crawler = new HttpCrawler(
  {
    minConcurrency: task.concurrency,
    maxConcurrency: task.concurrency,
    additionalMimeTypes: ['application/json'],
    useSessionPool: false,
    persistCookiesPerSession: false,
    requestHandler: storeComic,
  },
  new Configuration({ persistStorage: false }),
);
const requests = idsOf(task).map((id) => ({ url: urlOfComic(task, id), userData: { id } }));
await crawler.addRequests(requests, { waitForAllRequestsToBeAdded: true });
await crawler.run();
process.exit(0);

async function storeComic({ request, body }: Context): Promise<void> {
  const { id } = request.userData;
  const { num } = Comic.parse(JSON.parse(body.toString()));
  if (num !== id) throw new Error(`Asked for ${id}, got ${num}`);
  const path = join(task.out, `${id}.json`);
  await writeFile(`${path}.part`, body);
  await rename(`${path}.part`, path);
}
