import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPENS_AFTER_JOBS, recordFailure } from '../../shared/queues/circuit-breaker.js';
import { queueOf, openQueue } from '../../shared/queues/queue.js';
import { KEYS } from '../../shared/redis/keys.js';
import { moveRun } from '../../shared/runs/run-store.js';
import { readTally } from '../../shared/runs/tally.js';
import { until } from '../support/condition.js';
import type { WorkPlace } from '../support/work-place.js';
import {
  ask,
  type BoardUnderTest,
  startBoard,
  startComparedBoard,
  type WorkedBoard,
} from './board-under-test.js';

const hasPromtool = spawnSync('promtool', ['--version']).status === 0;

let worked: WorkedBoard;
let place: WorkPlace;
let board: BoardUnderTest;

beforeAll(async () => {
  worked = await startComparedBoard(12);
  ({ place, board } = worked);
});

afterAll(async () => {
  await worked.close();
});

/** The samples of a scrape, by name and labels. */
async function scrape(): Promise<ReadonlyMap<string, number>> {
  const { text, headers } = await ask(`${board.url}/metrics`);
  expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
  return samplesIn(text);
}

function samplesIn(text: string): ReadonlyMap<string, number> {
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
      expect(
        samples.get('comic_queue_jobs_ended_total{kind="comic",queue="comics",outcome="stored"}'),
      ).toBe(11);
      expect(
        samples.get('comic_queue_jobs_ended_total{kind="comic",queue="comics",outcome="refused"}'),
      ).toBe(1);
      expect(samples.get('comic_queue_fetch_seconds_count{kind="comic",queue="comics"}')).toBe(12);
    }
    expect(first.get('comic_queue_redis_up')).toBe(1);
    expect(
      first.get(
        'comic_queue_retries_total{kind="comic",queue="comics-baseline",reason="server-error"}',
      ),
    ).toBe(1);
    expect(first.get('comic_queue_speed_up_ratio{kind="comic"}')).toBeGreaterThan(0);
    expect(first.get('comic_queue_wait_seconds_count{kind="comic",queue="comics"}')).toBe(12);
    expect(first.get('comic_queue_worker_slots{queue="comics"}')).toBe(10);
  });

  it('goes on counting where another run goes on', async () => {
    const slept = 'comic_queue_jobs_ended_total{kind="sleep",queue="sleeps",outcome="slept"}';
    const inputs = Array.from({ length: 40 }, () => ({ seconds: 0.2 }));
    const number = await place.enqueue({ kind: 'sleep', inputs });
    const report = place.report(number);
    await until('some have ended', async () => ((await scrape()).get(slept) ?? 0) > 5);
    await scrape();
    await report;
    const samples = await scrape();

    expect(samples.get(slept)).toBe(40);
    expect(
      samples.get('comic_queue_jobs_ended_total{kind="comic",queue="comics",outcome="stored"}'),
    ).toBe(11);
    // To sleep is not to fetch.
    expect([...samples.keys()].filter((name) => /fetch_seconds.*sleep/.test(name))).toEqual([]);
  });

  it('goes back neither when the board starts anew, nor when runs are forgotten', async () => {
    const before = await scrape();
    for (const run of [1, 2]) await place.connection.del(KEYS.run(run), KEYS.tally(run));
    await place.connection.zrem(KEYS.runIndex, '1', '2');
    const second = await startBoard(place.redis);
    const { text } = await ask(`${second.url}/metrics`);
    await second.stop();
    const after = samplesIn(text);

    const fallen = [...before].filter(
      ([name, value]) =>
        /^comic_queue_(?!board_)\w+_(?:total|count|sum|bucket)/.test(name) &&
        (after.get(name) ?? 0) < value,
    );
    expect(fallen).toEqual([]);
    expect(after.get('comic_queue_build_info{version="0.0.0"}')).toBe(1);
  });

  it('counts what a cancelled run left undone as its report does', async () => {
    const inputs = Array.from({ length: 500 }, () => ({ seconds: 0.3 }));
    const cancelled =
      'comic_queue_jobs_ended_total{kind="sleep",queue="sleeps",outcome="cancelled"}';
    const number = await place.enqueue({ kind: 'sleep', inputs });
    await until(
      'some are worked',
      async () => (await readTally(place.connection, number)).ended > 5,
    );
    await moveRun(place.connection, number, { to: 'cancelled', from: ['sealed'] });

    const report = await place.report(number);

    expect(report.ended).toBe(500);
    expect((await scrape()).get(cancelled)).toBe(report.outcomes.cancelled);
  });

  it('is OpenMetrics for those who ask for it', async () => {
    const accept =
      'application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
    const { text, headers } = await ask(`${board.url}/metrics`, { headers: { accept } });
    const plain = await scrape();

    expect(headers['content-type']).toMatch(/^application\/openmetrics-text; version=1\.0\.0/);
    expect(text.endsWith('# EOF\n')).toBe(true);
    expect(text).toContain('# TYPE comic_queue_jobs_ended counter');
    expect(text).toContain(
      'comic_queue_jobs_ended_total{kind="comic",queue="comics",outcome="stored"} 11',
    );
    expect(
      plain.has('comic_queue_jobs_ended_total{kind="comic",queue="comics",outcome="stored"}'),
    ).toBe(true);
  });

  it.skipIf(!hasPromtool)(
    'keeps to the rules of promtool check metrics (needs promtool)',
    async () => {
      const { text } = await ask(`${board.url}/metrics`);

      const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
        input: text,
      });

      expect({ status, output: `${stdout.toString()}${stderr.toString()}` }).toEqual({
        status: 0,
        output: '',
      });
    },
  );

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

    expect(samples.get('comic_queue_paused{queue="searches-baseline"}')).toBe(1);
    expect(samples.get('comic_queue_starved_seconds{queue="searches-baseline"}')).toBe(0);
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
