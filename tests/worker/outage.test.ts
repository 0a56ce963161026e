import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../../shared/base/logger.js';
import { readSiteState } from '../../shared/queues/site-state.js';
import { until } from '../support/condition.js';
import { comics, WorkPlace } from '../support/work-place.js';

let place: WorkPlace;
let site: Server;
/** What the site does with a request for a comic. */
let answer: (id: number, response: ServerResponse) => void;
const asked: number[] = [];

beforeEach(async () => {
  asked.length = 0;
  site = createServer((request, response) => {
    const id = Number(/\d+/.exec(request.url ?? '')?.[0]);
    asked.push(id);
    answer(id, response);
  });
  site.listen(0, '127.0.0.1');
  await once(site, 'listening');
  place = await WorkPlace.open();
});

afterEach(async () => {
  await place.close();
  site.closeAllConnections();
  site.close();
});

function sites(): { comic: { url: string } } {
  const { port } = site.address() as AddressInfo;
  return { comic: { url: `http://127.0.0.1:${port}/{id}/info.0.json` } };
}

function sendComic(id: number, response: ServerResponse): void {
  const text = {
    title: 't',
    safe_title: 't',
    alt: '',
    img: 'i',
    transcript: '',
    link: '',
    news: '',
  };
  const date = { year: '2026', month: '1', day: '1' };
  response.end(JSON.stringify({ num: id, ...text, ...date }));
}

function sendBadGateway(_id: number, response: ServerResponse): void {
  response.writeHead(502).end();
}

const reset = (_id: number, response: ServerResponse): void => void response.destroy();

describe('a site that is away', () => {
  it.each([
    ['answers with 502', sendBadGateway, 'server-error'],
    ['resets connections', reset, 'connection'],
  ])('and %s costs no job, and few requests', async (_name, away, reason) => {
    answer = away;
    const lines: string[] = [];
    const logger = createLogger('info', (line) => lines.push(line));
    const own = { sites: sites(), logger };
    const workers = [await place.startWorker(own), await place.startWorker(own)];
    const run = await place.enqueue({
      kind: 'comic',
      inputs: comics(1, 300),
      attempts: 2,
      site: sites().comic.url,
    });

    await until('the breaker is open', async () => {
      const { outage } = await readSiteState(place.connection, 'comic');
      return outage?.reason === reason;
    });
    await until(
      'two probes failed',
      () => asked.length >= 3 && lines.join('').includes('has not answered for'),
    );
    const askedWhileAway = asked.length;
    answer = sendComic;
    const report = await place.report(run);

    // On a busy machine a lock may expire: its job comes again and finds the result.
    const { stored = 0, kept = 0 } = report.outcomes;
    expect(stored + kept).toBe(300);
    expect(workers.map(({ failures }) => failures)).toEqual([0, 0]);
    expect(askedWhileAway).toBeLessThan(40);
    const said = lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
    expect(said.join('\n')).toMatch(
      /^The site of comics does not answer \(.*\): its queues pause until it does$/m,
    );
    await until('it is said that the site answers', () =>
      lines.some((line) =>
        /The site of comics (answers|is asked) again: its queues go on/.test(line),
      ),
    );
  });

  it('ends its jobs as unavailable once it has been away for long enough', async () => {
    answer = sendBadGateway;
    await place.startWorker({ sites: sites(), giveUpAfterMs: 1500 });

    const report = await place.report(
      await place.enqueue({
        kind: 'comic',
        inputs: comics(1, 200),
        attempts: 5,
        site: sites().comic.url,
      }),
    );

    expect(report.outcomes).toEqual({ unavailable: 200 });
    expect(report.reasons).toEqual({ 'server-error': 200 });
    expect(asked.length).toBeLessThan(60);
  });

  it('is not a site with some inputs that it cannot answer', async () => {
    const bad = new Set([3, 4, 60, 90, 91, 92]);
    answer = (id, response) => (bad.has(id) ? sendBadGateway : sendComic)(id, response);
    const lines: string[] = [];
    await place.startWorker({
      sites: sites(),
      logger: createLogger('warn', (line) => lines.push(line)),
    });

    const report = await place.report(
      await place.enqueue({
        kind: 'comic',
        inputs: comics(1, 100),
        attempts: 1,
        site: sites().comic.url,
      }),
    );

    expect(report.outcomes).toEqual({ stored: 94, unavailable: 6 });
    expect(lines.join('')).not.toContain('does not answer');
  });

  it('is told apart from inputs that it cannot answer by a probe of another one', async () => {
    answer = (id, response) => (id <= 8 ? sendBadGateway : sendComic)(id, response);
    await place.startWorker({ sites: sites() });

    const report = await place.report(
      await place.enqueue({
        kind: 'comic',
        inputs: comics(1, 40),
        attempts: 2,
        site: sites().comic.url,
      }),
    );

    expect(report.outcomes).toEqual({ stored: 32, unavailable: 8 });
  });
});
