import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { liftPause, pauseSite, setRate } from '../../shared/queues/site-state.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { KEYS } from '../../shared/redis/keys.js';
import { SitePausedError } from '../../worker/reaction.js';
import { SiteLimiter } from '../../worker/site-limiter.js';
import { until } from '../support/condition.js';
import { startTestRedis, type TestRedis } from '../support/redis-server.js';

const { signal } = new AbortController();
const REFUSAL = {
  reason: 'throttled',
  retryAfterMs: 60_000,
  firstPauseMs: 1000,
  pauseMaxMs: 60_000,
};

/** More than what is known of a site may be old. */
const LOOKED_UP_AGAIN_AFTER_MS = 50;

let redis: TestRedis;
let connection: RedisConnection;

beforeEach(async () => {
  redis = await startTestRedis();
  connection = redis.connect();
});

afterEach(async () => {
  await redis.stop();
});

async function passes(limiter: SiteLimiter): Promise<boolean> {
  try {
    await limiter.pass(signal);
    return true;
  } catch (error) {
    if (error instanceof SitePausedError) return false;
    throw error;
  }
}

/** The same Redis, whose answers about a time to live are held back until `arrive` is called. */
function lateAnswers(punctual: RedisConnection): { late: RedisConnection; arrive: () => void } {
  let arrive = (): void => {};
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  const late = new Proxy(punctual, {
    get: (target, name, receiver) =>
      name === 'pttl'
        ? async (key: string) => {
            const ttlMs = await target.pttl(key);
            await arrived;
            return ttlMs;
          }
        : (Reflect.get(target, name, receiver) as unknown),
  });
  return { late, arrive: () => arrive() };
}

describe('a site limiter', () => {
  it('is closed from a refusal on, before Redis knows of it, until the pause is lifted', async () => {
    const limiter = new SiteLimiter(connection, 'comic');
    expect(await passes(limiter)).toBe(true);

    const telling = limiter.closedWhile(() => pauseSite(connection, 'comic', REFUSAL));
    expect(await passes(limiter)).toBe(false);
    await telling;
    expect(await passes(limiter)).toBe(false);

    await liftPause(connection, 'comic');
    await delay(LOOKED_UP_AGAIN_AFTER_MS);
    expect(await passes(limiter)).toBe(true);
  });

  it('stays closed when an answer from before the refusal comes late', async () => {
    const { late, arrive } = lateAnswers(connection);
    const limiter = new SiteLimiter(late, 'comic');

    const early = passes(limiter);
    await limiter.closedWhile(() => pauseSite(connection, 'comic', REFUSAL));
    arrive();

    expect(await early).toBe(false);
    expect(await passes(limiter)).toBe(false);
  });

  it('is open again when Redis could not be told', async () => {
    const limiter = new SiteLimiter(connection, 'comic');

    await expect(limiter.closedWhile(() => Promise.reject(new Error('gone')))).rejects.toThrow(
      'gone',
    );

    expect(await passes(limiter)).toBe(true);
  });

  it('notices while it is used that another worker was refused, and that a rate was set', async () => {
    const limiter = new SiteLimiter(connection, 'comic');
    expect(await passes(limiter)).toBe(true);

    await setRate(connection, 'comic', 100_000);
    await until('a turn is taken', async () => {
      void limiter.pass(AbortSignal.timeout(10)).catch(() => {});
      return (await connection.hexists(KEYS.site('comic'), 'nextAt')) === 1;
    });
    await setRate(connection, 'comic', undefined);
    await pauseSite(connection, 'comic', REFUSAL);
    await until('the limiter closes', async () => !(await passes(limiter)));
  });
});
