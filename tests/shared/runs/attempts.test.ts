import { describe, expect, it } from 'vitest';
import type { RedisConnection } from '../../../shared/redis/connection.js';
import { KEYS } from '../../../shared/redis/keys.js';
import { ENDING_FIELD, toRecord } from '../../../shared/queues/job.js';
import { readQueueTotals } from '../../../shared/queues/queue-state.js';
import { idealMs, wallMsOf } from '../../../shared/report/report.js';
import { noteBegin, noteEnding, noteUnfinished } from '../../../shared/runs/attempts.js';
import { peakActive, readSeries } from '../../../shared/runs/series.js';
import { percentileMs, readTally } from '../../../shared/runs/tally.js';
import { useEmptyRedis } from '../../support/empty-redis.js';
import { BEGIN_MS, finish, QUEUE_KEYS, runFold, writeRun } from './finished-jobs.js';

let connection: RedisConnection;

useEmptyRedis((opened) => {
  connection = opened;
});

const PLACE = { run: 1, position: 1 };

/** Puts a job into the queue, without what BullMQ would add. */
async function plantJob(): Promise<void> {
  await connection.hset(QUEUE_KEYS.job('r1.1'), { data: '{"id":1}' });
}

async function attempt(
  startMs: number,
  elapsedMs: number,
  reason?: string,
  fetchMs = 0,
): Promise<void> {
  const startedAtMs = BEGIN_MS + startMs;
  await noteUnfinished(connection, 'comics', PLACE, { startedAtMs, elapsedMs, reason, fetchMs });
}

describe('noteUnfinished()', () => {
  it('lets the time of a run begin with the first attempt at a job', async () => {
    await writeRun(connection, 1, 1);
    await plantJob();
    await attempt(0, 50, 'timeout');
    await attempt(1000, 50, 'timeout');
    await finish(connection, 'r1.1', ['stored', BEGIN_MS + 3000, 40, 30, 100, 3, 200]);

    await runFold(connection);

    const tally = await readTally(connection, 1);
    const { points } = await readSeries(connection, 1);
    expect(wallMsOf(tally)).toBe(3040);
    expect(tally.retries).toEqual({ timeout: 2 });
    expect(points[0]).toEqual([0, 0, 0]);
    expect(points.at(-1)).toEqual([3.04, 1, 0]);
    // Between its attempts nothing was active.
    expect(points.find(([seconds]) => seconds > 0.5)).toMatchObject({ 1: 0, 2: 0 });
    expect(peakActive({ points })).toBe(1);
  });

  it('writes nothing of a run that is gone', async () => {
    await attempt(0, 50, 'timeout', 40);

    expect(await connection.keys('*:run:*')).toEqual([]);
  });

  it('counts no more jobs as active than were worked at once', async () => {
    await writeRun(connection, 1, 20);
    for (let position = 1; position <= 20; position += 1) {
      const id = `r1.${position}`;
      const first = JSON.stringify([BEGIN_MS + position * 10, 10]);
      const ending = ['stored', BEGIN_MS + 1000 + position * 10, 10, 5, 100, 2, 200];
      await finish(connection, id, ending, { first });
    }

    await runFold(connection);

    const series = await readSeries(connection, 1);
    expect(peakActive(series)).toBeLessThanOrEqual(2);
    expect(series.points.at(-1)).toEqual([1.2, 20, 0]);
  });

  it('counts the fetch of each attempt, so that the ideal is of all of them', async () => {
    await writeRun(connection, 1, 1);
    await plantJob();
    await attempt(0, 2010, 'timeout', 2000.04);
    await attempt(2500, 5, 'connection');
    await finish(connection, 'r1.1', ['stored', BEGIN_MS + 3000, 40, 30.5, 100, 3, 200]);

    await runFold(connection);
    await attempt(4000, 100, 'timeout', 90);

    const { fetch } = await readTally(connection, 1);
    const { fetches } = await readQueueTotals(connection, 'comics');
    expect(fetch).toMatchObject({ count: 3, sumMs: 2120.5, longestMs: 2000 });
    expect(percentileMs(fetch, 0.5)).toBeGreaterThan(89);
    expect(percentileMs(fetch, 0.5)).toBeLessThan(91);
    expect(percentileMs(fetch, 1)).toBeGreaterThan(1980);
    expect([...fetch.histogram.values()]).toEqual([1, 1, 1]);
    expect(fetches).toEqual({ histogram: fetch.histogram, sumMs: 2120 });
    expect(idealMs({ ...fetch, jobs: 1, concurrency: 1 })).toBe(2120.5);
  });

  it('leaves nothing of a job that is gone', async () => {
    await attempt(0, 50, undefined, 40);

    expect(await connection.keys('*')).toEqual([]);
  });

  it.each(['soup', '[1]', '[1,2]', '{"a":1}', '["x",1]', '[9007199254740993,1]', '[null,null]'])(
    'is left out where it makes no sense: %s',
    async (first) => {
      await writeRun(connection, 1, 1);
      await finish(connection, 'r1.1', ['stored', BEGIN_MS, 40, 30, 100, 2, 200], { first });

      await runFold(connection);

      expect(wallMsOf(await readTally(connection, 1))).toBe(40);
    },
  );
});

describe('noteEnding()', () => {
  const figures = { fetchMs: 0, bytes: 0, status: 0, startedAtMs: BEGIN_MS, elapsedMs: 50 };
  const ending = toRecord({ reason: 'timeout', attempt: 1, ...figures });

  it('writes beside a job how it ends', async () => {
    await plantJob();

    await noteEnding(connection, 'comics', 'r1.1', ending);

    const written = await connection.hget(QUEUE_KEYS.job('r1.1'), ENDING_FIELD);
    expect(JSON.parse(written ?? '')).toEqual(ending);
  });

  it('leaves nothing of a job that is gone', async () => {
    await noteEnding(connection, 'comics', 'r1.1', ending);

    expect(await connection.keys('*')).toEqual([]);
  });
});

describe('noteBegin()', () => {
  it('dates a run whose first worker was killed from its first start', async () => {
    await writeRun(connection, 1, 1);
    await noteBegin(connection, 1, BEGIN_MS);
    await noteBegin(connection, 1, BEGIN_MS + 500);
    const begun = await readTally(connection, 1);
    await finish(connection, 'r1.1', ['stored', BEGIN_MS + 8000, 40, 30, 100, 1, 200], {
      stc: '1',
    });

    await runFold(connection);

    const tally = await readTally(connection, 1);
    const { points } = await readSeries(connection, 1);
    expect(begun).toMatchObject({ firstStartMs: BEGIN_MS, lastEndMs: undefined, ended: 0 });
    expect(wallMsOf(tally)).toBe(8040);
    expect(points).toEqual([
      [0, 0, 0],
      [8, 0, 0],
      [8.001, 0, 1],
      ...points.slice(3, -1),
      [8.04, 1, 0],
    ]);
  });

  it('makes no tally of a run that is gone', async () => {
    await noteBegin(connection, 9, BEGIN_MS);

    expect(await connection.exists(KEYS.tally(9))).toBe(0);
  });
});
