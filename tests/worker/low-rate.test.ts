import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { comicBody } from '../../origin/comics.js';
import { openQueue } from '../../shared/queues/queue.js';
import { setRate } from '../../shared/queues/site-state.js';
import { moveRun } from '../../shared/runs/run-store.js';
import { serve } from '../shared/fetch/site.js';
import { until } from '../support/condition.js';
import { comics, WorkPlace } from '../support/work-place.js';

/** Ten requests an hour. */
const TEN_AN_HOUR_MS = 360_000;

let place: WorkPlace;

beforeEach(async () => {
  place = await WorkPlace.open();
  await setRate(place.connection, 'comic', TEN_AN_HOUR_MS);
});

afterEach(async () => {
  await place.close();
});

async function waiting(): Promise<number> {
  return openQueue('comics', place.connection).getWaitingCount();
}

async function active(): Promise<number> {
  return openQueue('comics', place.connection).getActiveCount();
}

describe('jobs that wait for their turn under a low rate', () => {
  it('go on as soon as the rate is off', async () => {
    await place.startWorker();
    const run = await place.enqueue({ kind: 'comic', inputs: comics(1, 40) });
    await until('jobs wait for their turn', async () => (await active()) === 10);

    await setRate(place.connection, 'comic', undefined);

    expect((await place.report(run)).outcomes).toEqual({ stored: 40 });
  });

  it('end when their run is cancelled', async () => {
    await place.startWorker();
    const run = await place.enqueue({ kind: 'comic', inputs: comics(1, 40) });
    await until('jobs wait for their turn', async () => (await active()) === 10);

    await moveRun(place.connection, run, { to: 'cancelled', from: ['sealed'] });

    const report = await place.report(run);
    expect(report.outcomes.cancelled).toBeGreaterThanOrEqual(39);
  });

  it('go back when their queue is paused', async () => {
    await place.startWorker();
    await place.enqueue({ kind: 'comic', inputs: comics(1, 40) });
    await until('jobs wait for their turn', async () => (await active()) === 10);

    await openQueue('comics', place.connection).pause();

    await until('all are back', async () => (await active()) === 0);
    expect(await waiting()).toBeGreaterThanOrEqual(39);
  });

  it('go back when their worker stops, long before its grace period is over', async () => {
    const worker = await place.startWorker({ graceMs: 60_000 });
    await place.enqueue({ kind: 'comic', inputs: comics(1, 40) });
    await until('jobs wait for their turn', async () => (await active()) === 10);

    const startedAtMs = performance.now();
    await worker.stop();

    expect(performance.now() - startedAtMs).toBeLessThan(30_000);
    expect([await active(), (await waiting()) >= 39]).toEqual([0, true]);
  });
});

it('a site that redirects is asked no faster than the rate', async () => {
  const askedAtMs: number[] = [];
  const site = await serve(({ url = '' }, response) => {
    askedAtMs.push(performance.now());
    const [, id = ''] = /(\d+)/.exec(url) ?? [];
    if (url.endsWith('/')) response.end(comicBody(Number(id)));
    else response.writeHead(301, { Location: `${url}/` }).end();
  });
  const comic = { url: `${site.origin}/{id}` };
  await setRate(place.connection, 'comic', 150);
  await place.startWorker({ sites: { comic } });

  const run = await place.enqueue({ kind: 'comic', inputs: comics(1, 4), site: comic.url });

  expect((await place.report(run)).outcomes).toEqual({ stored: 4 });
  expect(askedAtMs).toHaveLength(8);
  // Seven turns, of which the first may come late; were redirects followed at once, there would be three.
  expect((askedAtMs.at(-1) ?? 0) - (askedAtMs[0] ?? 0)).toBeGreaterThan(5 * 150);
});
