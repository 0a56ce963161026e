import { describe, expect, it } from 'vitest';
import { queueKeys } from '../../../shared/queues/queue-keys.js';
import { openFailures, readQueueTotals } from '../../../shared/queues/queue-state.js';
import type { RedisConnection } from '../../../shared/redis/connection.js';
import { KEYS } from '../../../shared/redis/keys.js';
import { settleRetry } from '../../../shared/runs/failed-jobs.js';
import type { Run } from '../../../shared/runs/run.js';
import { readRun } from '../../../shared/runs/run-store.js';
import { useEmptyRedis } from '../../support/empty-redis.js';

let connection: RedisConnection;

useEmptyRedis((opened) => {
  connection = opened;
});

/** Writes a run that has ended with so many stored and invalid jobs. */
async function ended(number: number, retryOf: number, stored: number, invalid: number) {
  await connection.hset(KEYS.run(number), {
    kind: 'comic',
    baseline: 0,
    state: 'ended',
    selection: '',
    digest: 'd',
    site: '',
    refetch: 0,
    times: 1,
    attempts: 1,
    asked: stored + invalid,
    duplicates: 0,
    total: stored + invalid,
    acknowledged: stored + invalid,
    createdAtMs: 1,
    heartbeatAtMs: 1,
    endedAtMs: 2,
    retryOf,
  });
  const tally = { ended: stored + invalid, 'outcome:stored': stored, 'outcome:invalid': invalid };
  await connection.hset(KEYS.tally(number), tally);
  await connection.hincrby(KEYS.totals('comics'), 'outcome:invalid', invalid);
  const run = await found(number);
  await settleRetry(connection, run, { stored, invalid });
  // A tracker that is killed does it again.
  await settleRetry(connection, run, { stored, invalid });
}

async function found(number: number): Promise<Run> {
  const run = await readRun(connection, number);
  if (run === undefined) throw new Error(`There is no run-${number}`);
  return run;
}

async function open(): Promise<number> {
  return openFailures(await readQueueTotals(connection, 'comics'));
}

describe('settleRetry()', () => {
  it('notes at the old run what was answered, and by which', async () => {
    await ended(7, 0, 2, 98);
    const before = await open();
    await ended(9, 7, 98, 0);

    expect(before).toBe(98);
    expect(await found(7)).toMatchObject({ recovered: 98, retriedBy: 9 });
    expect(await open()).toBe(0);
  });

  it('leaves open what failed again, once', async () => {
    await ended(7, 0, 2, 98);
    await ended(9, 7, 50, 48);

    expect(await found(7)).toMatchObject({ recovered: 50, retriedBy: 9 });
    expect(await open()).toBe(48);
  });

  it('takes what was tried again off the list of failed jobs, and leaves what was not', async () => {
    const keys = queueKeys('comics');
    const list = async (id: string, score: number): Promise<void> => {
      await connection.hset(keys.job(id), { data: '{}' });
      await connection.rpush(`${keys.job(id)}:logs`, 'line');
      await connection.zadd(keys.failed, score, id);
    };
    await ended(7, 0, 2, 98);
    for (const id of ['r7.1', 'r7.2', 'r70.1', 'r9.1']) await list(id, -5);
    await list('r7.3', 5);

    await ended(8, 7, 50, 20);
    const before = await connection.zcard(keys.failed);
    await ended(9, 7, 50, 48);

    expect(before).toBe(5);
    expect(await connection.zrange(keys.failed, '0', '-1')).toEqual(['r70.1', 'r9.1', 'r7.3']);
    expect((await connection.keys(keys.job('r7.*'))).toSorted()).toEqual([
      keys.job('r7.3'),
      `${keys.job('r7.3')}:logs`,
    ]);
  });

  it('reaches back over a retry of a retry', async () => {
    await ended(7, 0, 2, 98);
    await ended(9, 7, 50, 48);
    await ended(10, 9, 40, 8);

    expect(await found(9)).toMatchObject({ recovered: 40, retriedBy: 10 });
    expect(await found(7)).toMatchObject({ recovered: 90, retriedBy: 9 });
    expect(await open()).toBe(8);
  });

  it('does not add up two retries of the same failures', async () => {
    await ended(7, 0, 2, 98);
    await ended(9, 7, 50, 48);
    await ended(10, 7, 98, 0);

    expect(await found(7)).toMatchObject({ recovered: 98, retriedBy: 10 });
    expect(await open()).toBe(48);
  });

  it('does nothing where the old run is forgotten, and for a run that tries nothing again', async () => {
    await ended(9, 7, 98, 0);

    expect(await connection.exists(KEYS.run(7))).toBe(0);
    expect(await found(9)).toMatchObject({ recovered: 0, retriedBy: 0 });
  });
});
