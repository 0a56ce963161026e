import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPENS_AFTER_JOBS, recordFailure } from '../../../shared/queues/circuit-breaker.js';
import { queueOf, openQueue } from '../../../shared/queues/queue.js';
import { until } from '../../support/condition.js';
import { comics, WorkPlace } from '../../support/work-place.js';
import { ask, type BoardUnderTest, startBoard } from '../board-under-test.js';

let place: WorkPlace;
let board: BoardUnderTest;

beforeAll(async () => {
  place = await WorkPlace.open({ faults: ['403?ids=3', '503?ids=4&first=1'] });
  board = await startBoard(place.redis);
  await place.startWorker();
  const asked = { kind: 'comic', inputs: comics(1, 12), refetch: true } as const;
  await place.report(await place.enqueue({ ...asked, baseline: true }));
  await place.report(await place.enqueue(asked));
});

afterAll(async () => {
  await board.stop();
  await place.close();
});

/** The samples of a scrape, by name and labels. */
async function scrape(): Promise<ReadonlyMap<string, number>> {
  const { text, headers } = await ask(`${board.url}/metrics`);
  expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    samples.map((line): [string, number] => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

describe('GET /metrics', () => {
  it('counts how jobs ended and how long fetches took, each once', async () => {
    const [first, together] = await Promise.all([scrape(), scrape()]);
    const again = await scrape();

    for (const samples of [first, together, again]) {
      expect(samples.get('comic_queue_jobs_ended_total{kind="comic",outcome="stored"}')).toBe(22);
      expect(samples.get('comic_queue_jobs_ended_total{kind="comic",outcome="refused"}')).toBe(2);
      expect(samples.get('comic_queue_fetch_seconds_count{kind="comic"}')).toBe(24);
    }
    expect(first.get('comic_queue_redis_up')).toBe(1);
    expect(first.get('comic_queue_retries_total{kind="comic",reason="server-error"}')).toBe(1);
    expect(first.get('comic_queue_speed_up{kind="comic"}')).toBeGreaterThan(0);
    expect(first.get('comic_queue_wait_seconds_count{queue="comics"}')).toBeGreaterThanOrEqual(12);
    expect(first.get('comic_queue_worker_slots{queue="comics"}')).toBe(10);
  });

  it('goes on counting where another run goes on', async () => {
    const slept = 'comic_queue_jobs_ended_total{kind="sleep",outcome="slept"}';
    const inputs = Array.from({ length: 40 }, () => ({ seconds: 0.2 }));
    const number = await place.enqueue({ kind: 'sleep', inputs });
    const report = place.report(number);
    await until('some have ended', async () => ((await scrape()).get(slept) ?? 0) > 5);
    await scrape();
    await report;
    const samples = await scrape();

    expect(samples.get(slept)).toBe(40);
    expect(samples.get('comic_queue_jobs_ended_total{kind="comic",outcome="stored"}')).toBe(22);
  });

  it('shows a queue that is paused with jobs on it', async () => {
    const queue = queueOf('search', true);
    const bullQueue = openQueue(queue.name, place.connection);
    await bullQueue.pause();
    await bullQueue.add('search', { term: 'a' });

    const samples = await until('the board has looked again', async () => {
      const seen = await scrape();
      return seen.get('comic_queue_jobs{queue="searches-baseline",state="waiting"}') === 1 && seen;
    });
    await bullQueue.close();

    expect(samples.get('comic_queue_queue_paused{queue="searches-baseline"}')).toBe(1);
    expect(samples.get('comic_queue_queue_starved_seconds{queue="searches-baseline"}')).toBe(0);
  });

  it('shows a site that is away', async () => {
    const failure = { reason: 'dns', probe: false, giveUpAfterMs: 60_000, random: 1 };
    for (let job = 1; job <= OPENS_AFTER_JOBS; job += 1) {
      await recordFailure(place.connection, 'search', { ...failure, jobId: `r9.${job}` });
    }

    const samples = await until('the board has looked again', async () => {
      const seen = await scrape();
      return seen.get('comic_queue_site_away{queue="searches"}') === 1 && seen;
    });

    expect(samples.get('comic_queue_site_away{queue="comics"}')).toBe(0);
  });
});
