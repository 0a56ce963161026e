import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { createLogger } from '../../shared/base/logger.js';
import { siteIdentity } from '../../shared/kinds/site.js';
import { KINDS } from '../../shared/kinds/kinds.js';
import { queueKeys } from '../../shared/queues/queue-keys.js';
import { keysOfRun } from '../../shared/redis/keys.js';
import { moveRun } from '../../shared/runs/run-store.js';
import { RunStandings } from '../../worker/site-guard.js';
import type { WorkerOptions } from '../../worker/worker.js';
import { until } from '../support/condition.js';
import { comics, WorkPlace } from '../support/work-place.js';

const QUEUE = queueKeys(KINDS.comic.plural);

let place: WorkPlace;

beforeEach(async () => {
  place = await WorkPlace.open();
});

afterEach(async () => {
  await place.close();
});

/** Options of a worker that is configured for another site, and what it logs. */
async function stranger(): Promise<{ options: Partial<WorkerOptions>; lines: string[] }> {
  const out = await mkdtemp(join(tmpdir(), 'cq-other-'));
  onTestFinished(() => rm(out, { recursive: true, force: true }));
  const lines: string[] = [];
  const logger = createLogger('info', (line) => lines.push(line));
  return { options: { out, logger, sites: { comic: { url: otherSite() } } }, lines };
}

function otherSite(): string {
  return `${place.origin.url}/{id}/info.0.json?other`;
}

async function requests(): Promise<number> {
  const response = await fetch(`${place.origin.url}/__origin/stats`);
  const stats = (await response.json()) as { requests: number };
  return stats.requests;
}

it('leaves the jobs of another site to a worker of that site, and says so once', async () => {
  const run = await place.enqueue({ kind: 'comic', inputs: comics(1, 30), attempts: 1 });
  const { options, lines } = await stranger();

  await place.startWorker(options);
  const said = await until('a line about the site', () =>
    Promise.resolve(lines.find((line) => line.includes('run-1 are those'))),
  );
  const asked = await requests();
  await place.startWorker();
  const report = await place.report(run);

  expect(said).toContain(`COMIC_QUEUE_COMIC_URL='${place.sites.comic?.url}'`);
  expect(said).toContain(`this worker asks ${siteIdentity(otherSite())}`);
  expect(lines.filter((line) => line.includes('run-1 are those of'))).toHaveLength(1);
  expect(asked).toBe(0);
  expect(report).toMatchObject({ outcomes: { stored: 30 }, retries: {} });
  expect(await readdir(options.out ?? '')).not.toContain('comics');
});

it('works its own runs behind those of another site', async () => {
  await place.enqueue({ kind: 'comic', inputs: comics(1, 30) });
  const { options } = await stranger();
  await place.startWorker(options);

  const own = await place.enqueue({ kind: 'comic', inputs: comics(31, 40), site: otherSite() });
  const report = await place.report(own);
  const [waiting, delayed] = await Promise.all([
    place.connection.llen(QUEUE.waiting),
    place.connection.zcard(QUEUE.delayed),
  ]);

  expect(report.outcomes).toEqual({ stored: 10 });
  expect(await requests()).toBe(10);
  expect(waiting + delayed).toBe(30);
});

it('ends the jobs of a cancelled run, whatever their site', async () => {
  const run = await place.enqueue({ kind: 'comic', inputs: comics(1, 5) });
  await moveRun(place.connection, run, { to: 'cancelled', from: ['sealed'] });
  const { options } = await stranger();

  await place.startWorker(options);

  expect((await place.report(run)).outcomes).toEqual({ cancelled: 5 });
});

it('takes a run for its own whose number a cancelled one had before Redis was emptied', async () => {
  const standings = new RunStandings(place.connection);
  const cancelled = await place.enqueue({ kind: 'comic', inputs: comics(1, 5) });
  await moveRun(place.connection, cancelled, { to: 'cancelled', from: ['sealed'] });
  const before = await standings.of(cancelled);

  await place.connection.flushall();
  const run = await place.enqueue({ kind: 'comic', inputs: comics(11, 15) });

  expect([before.givenUp, run]).toEqual(['was cancelled', cancelled]);
  expect((await standings.of(run)).givenUp).toBeUndefined();
});

it('knows a run as soon as there is one, although a job asked for it before', async () => {
  const standings = new RunStandings(place.connection);
  const before = await standings.of(1);

  const run = await place.enqueue({ kind: 'comic', inputs: comics(1, 5) });

  expect([before.givenUp, run]).toEqual(['is not known any more', 1]);
  expect((await standings.of(run)).givenUp).toBeUndefined();
});

it('asks for nothing for a run that was forgotten with jobs of it in the queue', async () => {
  const run = await place.enqueue({ kind: 'comic', inputs: comics(1, 5) });
  await place.connection.del(...keysOfRun(run));

  await place.startWorker();
  await until('no job waits', async () => (await place.connection.zcard(QUEUE.failed)) === 5);

  expect(await requests()).toBe(0);
});
