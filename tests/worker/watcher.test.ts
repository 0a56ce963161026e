import { afterEach, describe, expect, it } from 'vitest';
import type { OriginInput } from '../../origin/options.js';
import { queueNew } from '../../producer/latest.js';
import { siteIdentity } from '../../shared/kinds/site.js';
import { openQueue, queueOf } from '../../shared/queues/queue.js';
import { queueKeys } from '../../shared/queues/queue-keys.js';
import {
  liftPause,
  pauseSite,
  readSiteState,
  setRate,
  takeTurn,
} from '../../shared/queues/site-state.js';
import {
  listWatches,
  type NewWatch,
  readWatch,
  restoreWatches,
  startWatch,
  stopWatch,
  WATCHES_QUEUE,
} from '../../shared/queues/watches.js';
import { readRun } from '../../shared/runs/run-store.js';
import type { LookForNew } from '../../worker/watcher.js';
import type { WorkerOptions } from '../../worker/worker.js';
import { until } from '../support/condition.js';
import { WorkPlace } from '../support/work-place.js';

const QUEUE = queueKeys(WATCHES_QUEUE);

let place: WorkPlace;

afterEach(async () => {
  await place.close();
});

async function open(origin: OriginInput): Promise<void> {
  place = await WorkPlace.open(origin);
}

function startWorker(changes: Partial<WorkerOptions> = {}) {
  const look: LookForNew = (one, context) =>
    queueNew(one, { ...context, sites: place.sites, userAgent: 'test' });
  return place.startWorker({ look, ...changes });
}

function watch(known: number, changes: Partial<NewWatch> = {}): Promise<void> {
  const site = siteIdentity(place.sites.comic?.url ?? '');
  const asked = { kind: 'comic', everyMs: 3_600_000, site, pictures: false, known } as const;
  return startWatch(place.connection, { ...asked, ...changes });
}

/** How often the site was asked for its newest number. */
async function looks(): Promise<number> {
  const response = await fetch(`${place.origin.url}/__origin/requests`);
  const { requests } = (await response.json()) as { requests: { path: string }[] };
  return requests.filter(({ path }) => path === '/info.0.json').length;
}

async function untilLooked() {
  return until('a look', async () => {
    const found = await readWatch(place.connection, 'comic');
    return found !== undefined && found.lookedAtMs > 0 ? found : undefined;
  });
}

describe('a watch', () => {
  it('makes a run of what is new, and one of its pictures', async () => {
    await open({ latest: 1200 });
    await startWorker();

    await watch(1198, { pictures: true });
    const reports = [await place.report(1), await place.report(2)];

    expect(reports).toMatchObject([
      { kind: 'comic', queued: 2, outcomes: { stored: 2 } },
      { kind: 'picture', queued: 2, outcomes: { stored: 2 } },
    ]);
    expect(await readRun(place.connection, 1)).toMatchObject({
      selection: '1199-1200',
      title: 'watch',
    });
    expect(await untilLooked()).toMatchObject({ known: 1200, problem: '' });
  });

  it('makes no run where nothing is new, and never forgets what it knows', async () => {
    await open({ latest: 1200 });
    await startWorker();

    await watch(1300);

    expect(await untilLooked()).toMatchObject({ known: 1300 });
    expect(await readRun(place.connection, 1)).toBeUndefined();
  });

  it('is one, however often it is begun and however many workers there are', async () => {
    await open({ latest: 1200 });
    await Promise.all([watch(1200), watch(1200), watch(1200)]);
    await watch(1200, { everyMs: 7_200_000 });

    await Promise.all([startWorker(), startWorker()]);
    await untilLooked();
    await until(
      'the look has ended',
      async () => (await place.connection.llen(QUEUE.active)) === 0,
    );

    expect(await looks()).toBe(1);
    expect(await place.connection.zcard(QUEUE.delayed)).toBe(1);
    const [only, ...others] = await listWatches(place.connection);
    expect(others).toEqual([]);
    expect(only).toMatchObject({ everyMs: 7_200_000 });
    expect((only?.nextAtMs ?? 0) - Date.now()).toBeGreaterThan(0);
    expect((only?.nextAtMs ?? 0) - Date.now()).toBeLessThanOrEqual(7_200_000);
  });

  it('is scheduled again when its schedule is gone, or its next look would be years away', async () => {
    await open({ latest: 1200 });
    await watch(1200);
    const bullQueue = openQueue(WATCHES_QUEUE, place.connection);
    await bullQueue.obliterate({ force: true });
    const nowMs = Date.now();

    const gone = await restoreWatches(place.connection, nowMs);
    const sound = await restoreWatches(place.connection, nowMs);
    const farOff = await restoreWatches(place.connection, nowMs - 31_536_000_000);

    expect([gone, sound, farOff]).toEqual([['comic'], [], ['comic']]);
    expect(await listWatches(place.connection)).toMatchObject([{ nextAtMs: expect.any(Number) }]);
  });

  it('gets its looks back from a worker', async () => {
    await open({ latest: 1200 });
    await watch(1200);
    await openQueue(WATCHES_QUEUE, place.connection).obliterate({ force: true });

    await startWorker();

    expect(await untilLooked()).toMatchObject({ known: 1200, problem: '' });
  });

  it('leaves nothing when it is ended', async () => {
    await open({ latest: 1200 });
    await watch(1200);

    expect(await stopWatch(place.connection, 'comic')).toBe(true);
    expect(await stopWatch(place.connection, 'comic')).toBe(false);

    expect(await listWatches(place.connection)).toEqual([]);
    expect(await place.connection.exists(QUEUE.delayed, QUEUE.waiting)).toBe(0);
  });
});

describe('a look', () => {
  it('waits while its site is to be left alone', async () => {
    await open({ latest: 1200 });
    const refusal = { reason: 'throttled', retryAfterMs: 60_000, firstPauseMs: 1, pauseMaxMs: 1 };
    await pauseSite(place.connection, 'comic', refusal);

    await watch(1200);
    await startWorker();
    await until('it waits', async () => (await place.connection.zcard(QUEUE.delayed)) === 2);

    expect(await looks()).toBe(0);
    await liftPause(place.connection, 'comic');
    const delayed = await openQueue(WATCHES_QUEUE, place.connection).getDelayed();
    for (const job of delayed) await job.promote();
    await untilLooked();
    expect(await looks()).toBeGreaterThan(0);
  });

  it('takes its turn under the rate of its site', async () => {
    await open({ latest: 1200 });
    await setRate(place.connection, 'comic', 3_600_000);
    await takeTurn(place.connection, 'comic', { giveUpAfterMs: 1, probeMs: 1 });

    await watch(1200);
    await startWorker();
    await until('it waits', async () => (await place.connection.zcard(QUEUE.delayed)) === 2);

    expect(await looks()).toBe(0);
  });

  it('that is refused has every worker leave the site alone, and says so', async () => {
    await open({ latest: 1200, faults: ['429?only=latest&retry-after=60'] });
    await startWorker();

    await watch(1100);

    expect(await untilLooked()).toMatchObject({
      known: 1100,
      problem: expect.stringContaining('status 429'),
    });
    expect(await readSiteState(place.connection, 'comic')).toMatchObject({
      pauseReason: 'throttled',
    });
    await until('it has failed', async () => (await place.connection.zcard(QUEUE.failed)) === 1);
  });

  it.each([
    ['of another site', () => ({ sites: { comic: { url: 'http://127.0.0.1:1/{id}' } } })],
    [
      'of a stand-in that would ask the real site for the newest',
      () => {
        const comic = { url: place.sites.comic?.url ?? '', latestUrl: 'https://xkcd.invalid/' };
        return { sites: { ...place.sites, comic } };
      },
    ],
    ['of another kind', () => ({ queues: new Map([[queueOf('search', false), 1]]) })],
  ])('is left to others by a worker %s', async (_, changes) => {
    await open({ latest: 1200 });
    await startWorker(changes());

    await watch(1100);
    await until('it is left', async () => (await place.connection.zcard(QUEUE.delayed)) === 2);

    expect(await looks()).toBe(0);
    expect(await readWatch(place.connection, 'comic')).toMatchObject({ lookedAtMs: 0 });
  });
});
