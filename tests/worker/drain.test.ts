import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createLogger, RateLimitedLog } from '../../shared/base/logger.js';
import { openQueue, queueOf } from '../../shared/queues/queue.js';
import { watchForDrain } from '../../worker/drain.js';
import { until } from '../support/condition.js';
import { comics, WorkPlace } from '../support/work-place.js';

const COMICS = queueOf('comic', false);
const OTHER_SITE = 'https://other.example/{id}';
const MINUTE_MS = 60_000;

let place: WorkPlace;

beforeEach(async () => {
  place = await WorkPlace.open();
  await place.enqueue({ kind: 'comic', inputs: comics(1, 2) });
});

afterEach(async () => {
  vi.restoreAllMocks();
  await place.close();
});

/** What a drain of comics ends with, a minute after it has first looked at the queue. */
async function endAfterAMinute(site: string | undefined) {
  let looks = 0;
  let laterMs = 0;
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + laterMs);
  const siteInTheWay = () => {
    looks += 1;
    return site;
  };
  const deps = {
    connection: place.connection,
    queues: [COMICS],
    siteGuard: { siteInTheWay },
    log: new RateLimitedLog(createLogger('silent')),
  };
  const end = watchForDrain(deps, new AbortController().signal);
  await until('a second look at the queue', () => Promise.resolve(looks > 1 ? true : undefined));
  laterMs = MINUTE_MS;
  return end;
}

it('leaves a queue that is paused by hand', async () => {
  await openQueue(COMICS.name, place.connection).pause();

  const end = await endAfterAMinute(undefined);

  expect(end).toEqual({
    type: 'queue-paused',
    queue: 'comics',
    reason: 'comics is paused by hand',
  });
});

it('leaves a queue that holds nothing but jobs of another site', async () => {
  const end = await endAfterAMinute(OTHER_SITE);

  expect(end).toEqual({ type: 'other-site', queue: 'comics', site: OTHER_SITE });
});
