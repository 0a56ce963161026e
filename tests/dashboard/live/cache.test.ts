import { describe, expect, it } from 'vitest';
import { FreshCache, RunCache } from '../../../dashboard/live/cache.js';
import type { RedisConnection } from '../../../shared/redis/connection.js';
import { KEYS } from '../../../shared/redis/keys.js';
import { RUN_FIELDS } from '../../shared/report/recorded.js';
import { until } from '../../support/condition.js';
import { useEmptyRedis } from '../../support/empty-redis.js';

const LONG_MS = 60_000;

function counting(): { load: () => Promise<{ loads: number }>; loads: () => number } {
  let loads = 0;
  return {
    load: () => {
      loads += 1;
      return Promise.resolve({ loads });
    },
    loads: () => loads,
  };
}

describe('FreshCache', () => {
  it('loads once for all who ask together or within its age', async () => {
    const cache = new FreshCache<{ loads: number }>(LONG_MS);
    const { load } = counting();

    const together = await Promise.all([cache.get('a', load), cache.get('a', load)]);
    const later = await cache.get('a', load);

    expect([...together, later]).toEqual([{ loads: 1 }, { loads: 1 }, { loads: 1 }]);
  });

  it('loads each key, and again after its age', async () => {
    const cache = new FreshCache<{ loads: number }>(1);
    const { load, loads } = counting();

    await Promise.all([cache.get('a', load), cache.get('b', load)]);
    await until('the value is too old', async () => (await cache.get('a', load)).loads > 2);

    expect(loads()).toBeGreaterThan(2);
  });

  it('passes a failure on, and still knows the last value', async () => {
    const cache = new FreshCache<{ loads: number }>(1);
    const failing = (): Promise<{ loads: number }> => Promise.reject(new Error('Redis is away'));
    await cache.get('a', counting().load);

    await until('the value is too old', () =>
      cache.get('a', failing).then(
        () => false,
        (error: unknown) => error instanceof Error && error.message === 'Redis is away',
      ),
    );

    expect(cache.last('a')).toEqual({ loads: 1 });
    expect(cache.last('b')).toBeUndefined();
  });
});

describe('RunCache', () => {
  let connection: RedisConnection;

  useEmptyRedis((opened) => {
    connection = opened;
  });

  it('finds the runs of a comparison, however many have been made since', async () => {
    const grouped = [5, 6, 8];
    const records = connection.pipeline();
    for (let number = 1; number <= 230; number += 1) {
      const group = grouped.includes(number) ? '5' : '0';
      records.hset(KEYS.run(number), { ...RUN_FIELDS, endedAtMs: '1', group });
      records.zadd(KEYS.runIndex, number, String(number));
    }
    await records.exec();

    const found = await new RunCache(connection).group(5);

    expect(found.map(({ run }) => run.number)).toEqual(grouped);
  });
});
