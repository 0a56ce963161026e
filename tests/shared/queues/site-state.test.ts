import { type Queue, Worker } from 'bullmq';
import { afterEach, describe, expect, it } from 'vitest';
import { queueKeys } from '../../../shared/queues/queue-keys.js';
import { queuesOf, openQueue, prepareQueue } from '../../../shared/queues/queue.js';
import {
  followClock,
  forgetRefusals,
  liftPause,
  PAUSE_MAX_MS,
  pauseSite,
  readSiteState,
  type Refusal,
  setRate,
  takeTurn,
  type Turn,
} from '../../../shared/queues/site-state.js';
import type { KindName } from '../../../shared/kinds/kinds.js';
import type { RedisConnection } from '../../../shared/redis/connection.js';
import { KEYS, PREFIX } from '../../../shared/redis/keys.js';
import { until } from '../../support/condition.js';
import { useEmptyRedis } from '../../support/empty-redis.js';
import type { TestRedis } from '../../support/redis-server.js';

const REFUSAL: Refusal = {
  reason: 'throttled',
  retryAfterMs: undefined,
  firstPauseMs: 60_000,
  pauseMaxMs: 200_000,
};

let redis: TestRedis;
let connection: RedisConnection;

useEmptyRedis((opened, started) => {
  connection = opened;
  redis = started;
});

function refuse(
  changes: Partial<Refusal> = {},
): Promise<{ pauseMs: number; refusedForMs: number }> {
  return pauseSite(connection, 'comic', { ...REFUSAL, ...changes });
}

/** Lets the pause in force run out, as if its time had passed. */
async function passPause(): Promise<void> {
  await connection.hset(KEYS.site('comic'), { pausedUntil: Date.now() - 1 });
}

describe('pauseSite()', () => {
  it('takes the time that the site asks for, up to a day', async () => {
    expect((await refuse({ retryAfterMs: 5000 })).pauseMs).toBe(5000);
    expect((await refuse({ retryAfterMs: 99_999_999_999 })).pauseMs).toBe(PAUSE_MAX_MS);
  });

  it('doubles from refusal to refusal where the site does not say, up to a limit', async () => {
    const pauses: number[] = [];
    for (let refusal = 0; refusal < 4; refusal += 1) {
      pauses.push((await refuse()).pauseMs);
      await passPause();
    }

    expect(pauses).toEqual([60_000, 120_000, 200_000, 200_000]);
  });

  it('takes refusals during a pause for one, which they may only lengthen', async () => {
    await refuse();
    const again = await refuse();
    const shorter = await refuse({ retryAfterMs: 1000 });
    const longer = await refuse({ retryAfterMs: 90_000 });
    await passPause();

    expect(again.pauseMs).toBeGreaterThan(55_000);
    expect(again.pauseMs).toBeLessThanOrEqual(60_000);
    expect(shorter.pauseMs).toBeGreaterThan(55_000);
    expect(longer.pauseMs).toBe(90_000);
    expect((await refuse()).pauseMs).toBe(120_000);
  });

  it('begins again once the site has answered, or after a long silence', async () => {
    await refuse();
    await passPause();
    await forgetRefusals(connection, 'comic');
    const answered = await refuse();
    await connection.hset(KEYS.site('comic'), {
      pausedUntil: Date.now() - 601_000,
      refusals: 5,
      refusedSince: Date.now() - 900_000,
    });
    const silent = await refuse();

    expect(answered.pauseMs).toBe(60_000);
    expect(silent).toEqual({ pauseMs: 60_000, refusedForMs: 0 });
  });

  it('says since when the site has refused', async () => {
    await refuse();
    await connection.hset(KEYS.site('comic'), { refusedSince: Date.now() - 5000 });

    expect((await refuse()).refusedForMs).toBeGreaterThanOrEqual(5000);
  });
});

describe('readSiteState()', () => {
  it('knows nothing of a site at first', async () => {
    expect(await readSiteState(connection, 'comic')).toEqual({
      intervalMs: undefined,
      pausedForMs: 0,
      pauseReason: undefined,
      outage: undefined,
      failing: false,
    });
  });

  it('takes fields that cannot be read for fields that are not there', async () => {
    const nonsense = { intervalMs: 'often', nextAt: '1e999', pausedUntil: 'nan', refusals: '-' };
    await connection.hset(KEYS.site('comic'), { ...nonsense, outageSince: 'yesterday' });

    expect(await readSiteState(connection, 'comic')).toMatchObject({
      intervalMs: undefined,
      pausedForMs: 0,
      outage: undefined,
    });
    expect(await turn()).toEqual({ type: 'turn', waitMs: 0, probe: false });
    expect((await refuse()).pauseMs).toBe(60_000);
  });

  it('says how long a site is paused, and why, until that is lifted', async () => {
    await refuse();
    const paused = await readSiteState(connection, 'comic');
    const other = await readSiteState(connection, 'search');
    await liftPause(connection, 'comic');

    expect(paused.pausedForMs).toBeGreaterThan(55_000);
    expect(paused.pauseReason).toBe('throttled');
    expect(other.pausedForMs).toBe(0);
    expect(await readSiteState(connection, 'comic')).toMatchObject({
      pausedForMs: 0,
      pauseReason: undefined,
    });
  });
});

function turn(kind: KindName = 'comic'): Promise<Turn> {
  return takeTurn(connection, kind, { giveUpAfterMs: 60_000, probeMs: 5000 });
}

describe('takeTurn()', () => {
  it('spaces requests evenly over all who ask, until the rate is off', async () => {
    await setRate(connection, 'comic', 100);
    const turns = await Promise.all([1, 2, 3, 4].map(() => turn()));
    const { intervalMs } = await readSiteState(connection, 'comic');
    await setRate(connection, 'comic', undefined);

    expect(intervalMs).toBe(100);
    expect(turns[0]).toEqual({ type: 'turn', waitMs: 0, probe: false });
    const last = turns[3];
    expect(last?.type === 'turn' ? last.waitMs : 0).toBeGreaterThan(200);
    expect(last?.type === 'turn' ? last.waitMs : 0).toBeLessThanOrEqual(300);
    expect(await turn()).toEqual({ type: 'turn', waitMs: 0, probe: false });
  });

  it('takes no turn ahead at a low rate, and none over a second ahead at any', async () => {
    await setRate(connection, 'comic', 360_000);
    const slow = [await turn(), await turn(), await turn()];
    await setRate(connection, 'comic', 900);
    const fast = [await turn(), await turn(), await turn()];

    expect(slow.map(({ type }) => type)).toEqual(['turn', 'later', 'later']);
    const [, , third] = slow;
    expect(third?.type === 'later' ? third.waitMs : 0).toBeGreaterThan(350_000);
    expect(third?.type === 'later' ? third.waitMs : 0).toBeLessThanOrEqual(360_000);
    expect(fast.map(({ type }) => type)).toEqual(['turn', 'turn', 'later']);
  });

  it('goes on at once when the clock of Redis was put back, or the rate raised', async () => {
    await setRate(connection, 'comic', 100);
    await connection.hset(KEYS.site('comic'), { nextAt: Date.now() + 600_000 });

    expect(await turn()).toEqual({ type: 'turn', waitMs: 0, probe: false });
    await setRate(connection, 'comic', 360_000);
    await turn();
    await setRate(connection, 'comic', 200);
    expect(await turn()).toEqual({ type: 'turn', waitMs: 0, probe: false });
  });

  it('takes none while the site is paused', async () => {
    await refuse();

    expect(await turn()).toEqual({ type: 'paused' });
    expect(await turn('search')).toEqual({ type: 'turn', waitMs: 0, probe: false });
  });
});

describe('a pause', () => {
  const queues: Queue[] = [];
  const workers: Worker[] = [];

  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.close(true)));
    await Promise.all(queues.splice(0).map((bullQueue) => bullQueue.close()));
  });

  it('stops both queues for every worker until it is over', async () => {
    const done: string[] = [];
    for (const queue of queuesOf('comic')) {
      const bullQueue = openQueue(queue.name, connection);
      queues.push(bullQueue);
      await prepareQueue(bullQueue, queue);
      workers.push(
        new Worker(queue.name, (job) => Promise.resolve(done.push(job.queueName)), {
          connection: redis.connect(),
          prefix: PREFIX,
        }),
      );
    }
    await refuse({ retryAfterMs: 700 });

    for (const bullQueue of queues) await bullQueue.add('comic', { id: 1 });
    const paused = await readSiteState(connection, 'comic');
    const doneWhilePaused = [...done];
    await until('both queues work again', () => done.length === 2);

    expect(paused.pausedForMs).toBeGreaterThan(0);
    expect(doneWhilePaused).toEqual([]);
  });
});

describe('followClock()', () => {
  /** As if Redis's clock had been set back, by moving what it has written forward. */
  async function setClockBack(byMs: number): Promise<void> {
    const site = KEYS.site('comic');
    for (const field of ['pausedAt', 'pausedUntil']) {
      await connection.hincrbyfloat(site, field, byMs);
    }
    for (const queue of queuesOf('comic')) {
      const { limiter } = queueKeys(queue.name);
      await connection.pexpire(limiter, (await connection.pttl(limiter)) + byMs);
    }
  }

  it('keeps a pause as long as it was meant to be when the clock is set back', async () => {
    await pauseSite(connection, 'comic', { ...REFUSAL, retryAfterMs: 60_000 });

    expect(await followClock(connection, 'comic')).toBe(false);
    await setClockBack(600_000);
    expect((await readSiteState(connection, 'comic')).pausedForMs).toBeGreaterThan(600_000);
    expect(await followClock(connection, 'comic')).toBe(true);

    const { pausedForMs } = await readSiteState(connection, 'comic');
    expect(pausedForMs).toBeGreaterThan(50_000);
    expect(pausedForMs).toBeLessThanOrEqual(60_000);
    const pausedUntil = Number(await connection.hget(KEYS.site('comic'), 'pausedUntil'));
    expect(pausedUntil - Date.now()).toBeLessThan(61_000);
  });

  it('begins no pause that is over', async () => {
    await pauseSite(connection, 'comic', { ...REFUSAL, retryAfterMs: 60_000 });
    await connection.hincrbyfloat(KEYS.site('comic'), 'pausedAt', 600_000);
    await connection.del(...queuesOf('comic').map(({ name }) => queueKeys(name).limiter));

    expect(await followClock(connection, 'comic')).toBe(false);
  });
});
