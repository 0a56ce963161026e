import { describe, expect, it } from 'vitest';
import type { RedisConnection } from '../../../shared/redis/connection.js';
import { KEYS } from '../../../shared/redis/keys.js';
import {
  coarse,
  finishSeries,
  peakActive,
  readSeries,
  seriesOf,
  type Point,
} from '../../../shared/runs/series.js';
import { useEmptyRedis } from '../../support/empty-redis.js';
import type { TestRedis } from '../../support/redis-server.js';

const FRAME = { bucketMs: 1000, originMs: 10_000, firstStartMs: 10_000, lastEndMs: 12_500 };

describe('coarse()', () => {
  const points = Array.from({ length: 512 }, (_, index): Point => [index, index * 10, 4]);

  it('picks so many points from the first to the last, spread evenly', () => {
    const picked = coarse({ points }, 20).map(([seconds]) => seconds);

    expect(picked).toHaveLength(20);
    expect([picked[0], picked[1], picked.at(-1)]).toEqual([0, 27, 511]);
  });

  it('leaves a short series as it is', () => {
    expect(coarse({ points: points.slice(0, 20) }, 20)).toEqual(points.slice(0, 20));
    expect(coarse({ points: [] }, 20)).toEqual([]);
  });
});

describe('seriesOf()', () => {
  it('sums up what was done, and what was active at the end of each bucket', () => {
    const buckets = { s0: '5', e0: '2', x0: '3', s2: '1', e2: '3', x2: '3' };

    expect(seriesOf(buckets, FRAME).points).toEqual([
      [0, 0, 0],
      [1, 2, 2],
      [2, 2, 2],
      [2.5, 5, 0],
    ]);
  });

  it('reaches back before the first that was folded', () => {
    const buckets = { 's-1': '1', s0: '1', e0: '2', x0: '2' };

    const { points } = seriesOf(buckets, { ...FRAME, firstStartMs: 9500, lastEndMs: 10_900 });

    expect(points).toEqual([
      [0, 0, 0],
      [0.5, 0, 1],
      [1.4, 2, 0],
    ]);
    expect(peakActive({ points })).toBe(1);
  });

  it('is empty of nothing, and never shows fewer than no active jobs', () => {
    expect(seriesOf({}, FRAME)).toEqual({ points: [] });
    expect(seriesOf({ x0: '1' }, FRAME).points.at(-1)).toEqual([1, 0, 0]);
    expect(peakActive({ points: [] })).toBe(0);
  });
});

describe('the series of a run', () => {
  let redis: TestRedis;
  let connection: RedisConnection;

  useEmptyRedis((opened, started) => {
    connection = opened;
    redis = started;
  });

  it('is empty before anything has ended', async () => {
    expect(await readSeries(connection, 7)).toEqual({ points: [] });
    expect(await finishSeries(connection, 7)).toEqual({ points: [] });
  });

  it('stays when it is finished, and what it was made of goes', async () => {
    await connection.hset(KEYS.buckets(7), { s0: 1, x0: 1, e0: 1 });
    await connection.hset(KEYS.tally(7), FRAME);
    await connection.set(KEYS.endings(7), 'x');

    const finished = await finishSeries(connection, 7);

    expect(finished.points).toEqual([
      [0, 0, 0],
      [1, 1, 0],
    ]);
    expect(await connection.exists(KEYS.buckets(7), KEYS.endings(7))).toBe(0);
    expect(await finishSeries(connection, 7)).toEqual(finished);
  });

  it('is whole also for one who looks while it is being finished', async () => {
    await connection.hset(KEYS.buckets(7), { s0: 1, x0: 1, e0: 1 });
    await connection.hset(KEYS.tally(7), FRAME);
    const tracker = redis.connect();
    const finishing = new Proxy(connection, {
      get: (target, name): unknown =>
        name === 'hgetall'
          ? async (key: string) => {
              await finishSeries(tracker, 7);
              return target.hgetall(key);
            }
          : Reflect.get(target, name, target),
    });

    const { points } = await readSeries(finishing, 7);

    expect(points).toHaveLength(2);
  });
});
