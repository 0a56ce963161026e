import { describe, expect, it } from 'vitest';
import {
  countAnswered,
  openFailures,
  readQueueTotals,
} from '../../../shared/queues/queue-state.js';
import type { RedisConnection } from '../../../shared/redis/connection.js';
import { KEYS } from '../../../shared/redis/keys.js';
import { useEmptyRedis } from '../../support/empty-redis.js';
import { BEGIN_MS, finish, QUEUE_KEYS, runFold, writeRun } from '../runs/finished-jobs.js';

let connection: RedisConnection;

useEmptyRedis((opened) => {
  connection = opened;
});

describe('readQueueTotals()', () => {
  it('is all zero before the first job', async () => {
    const totals = await readQueueTotals(connection, 'comics');

    expect(totals).toMatchObject({ outcomes: {}, retries: {}, bytes: 0, stalls: 0, triedAgain: 0 });
    expect(countAnswered(totals.outcomes)).toBe(0);
    expect(openFailures(totals)).toBe(0);
  });

  it('adds up over runs that are forgotten, and never falls', async () => {
    for (const run of [1, 2]) {
      await writeRun(connection, run, 3);
      const ending = (position: number): unknown => [
        'stored',
        BEGIN_MS + position * 10,
        20,
        5,
        100,
        1,
        200,
      ];
      await finish(connection, `r${run}.1`, ending(1), { timestamp: String(BEGIN_MS - 40) });
      await finish(connection, `r${run}.2`, ending(2), { stc: '1' });
      await runFold(connection);
      await finish(connection, `r${run}.3`, ['not-json', BEGIN_MS, 9, 4, 0, 1, 200], {
        set: 'failed',
      });
      await runFold(connection, { set: 'failed' });
      await connection.del(KEYS.run(run), KEYS.tally(run), KEYS.endings(run));
    }

    const totals = await readQueueTotals(connection, 'comics');

    expect(totals).toMatchObject({
      outcomes: { stored: 4, invalid: 2 },
      bytes: 400,
      stalls: 2,
      fetches: { sumMs: 28 },
      waits: { sumMs: 100 },
    });
    expect([...totals.fetches.histogram.values()].reduce((sum, count) => sum + count)).toBe(6);
    expect([...totals.waits.histogram.values()]).toEqual([2]);
    expect(countAnswered(totals.outcomes)).toBe(4);
    expect(openFailures(totals)).toBe(2);
    expect(openFailures({ ...totals, triedAgain: 1 })).toBe(1);
  });

  it('does not go back where a failure is answered later', async () => {
    await writeRun(connection, 1, 1);
    await finish(connection, 'r1.1', ['not-json', BEGIN_MS, 9, 4, 0, 1, 200], { set: 'failed' });
    await runFold(connection, { set: 'failed' });
    await connection.del(QUEUE_KEYS.failed);
    await finish(connection, 'r1.1', ['stored', BEGIN_MS, 9, 4, 10, 2, 200]);
    await runFold(connection);

    const { outcomes } = await readQueueTotals(connection, 'comics');

    expect(outcomes).toEqual({ stored: 1, invalid: 1 });
  });

  it('counts what was dropped with a cancelled run as cancelled', async () => {
    await connection.hset(KEYS.totals('comics'), { 'outcome:cancelled': 2, dropped: 98 });

    expect((await readQueueTotals(connection, 'comics')).outcomes).toEqual({ cancelled: 100 });
  });
});

describe('the failed jobs that BullMQ shows', () => {
  it('are those that failed, without those that were given up with their run', async () => {
    await writeRun(connection, 1, 2);
    await finish(connection, 'r1.1', ['not-json', BEGIN_MS, 9, 4, 0, 1, 200], { set: 'failed' });
    await finish(connection, 'r1.2', ['cancelled', BEGIN_MS, 9, 0, 0, 1, 0], { set: 'failed' });
    await finish(connection, 'r9.1', ['cancelled', BEGIN_MS, 9, 0, 0, 1, 0], { set: 'failed' });
    await finish(connection, 'foreign', 'soup', { set: 'failed' });

    await runFold(connection, { set: 'failed' });

    const left = await connection.zrange(QUEUE_KEYS.failed, '0', '-1');
    expect(left.toSorted()).toEqual(['foreign', 'r1.1']);
    expect(await connection.exists(QUEUE_KEYS.job('r1.2'))).toBe(0);
  });
});
