import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JobFailure } from '../../shared/base/outcome.js';
import { createLogger, RateLimitedLog } from '../../shared/base/logger.js';
import { OPENS_AFTER_JOBS } from '../../shared/queues/circuit-breaker.js';
import { liftPause, pauseSite, readSiteState, setRate } from '../../shared/queues/site-state.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { KEYS } from '../../shared/redis/keys.js';
import { SitePausedError } from '../../worker/reaction.js';
import { SiteLimiter, type Waiting } from '../../worker/site-limiter.js';
import { until } from '../support/condition.js';
import { startTestRedis, type TestRedis } from '../support/redis-server.js';

const WAITING: Waiting = { check: () => Promise.resolve(), signal: new AbortController().signal };
const REFUSAL = {
  reason: 'throttled',
  retryAfterMs: 60_000,
  firstPauseMs: 1000,
  pauseMaxMs: 60_000,
};

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
    await limiter.pass(WAITING);
    return true;
  } catch (error) {
    if (error instanceof SitePausedError) return false;
    throw error;
  }
}

function limiterOn(redisConnection: RedisConnection, intervalMs?: number): SiteLimiter {
  return new SiteLimiter(
    { kind: 'comic', site: '', fetchDeadlineMs: 1000, giveUpAfterMs: 60_000, intervalMs },
    { connection: redisConnection, log: new RateLimitedLog(createLogger('silent')) },
  );
}

/** The same Redis, whose answers are held back, or refused, by `before`. */
function slowed(prompt: RedisConnection, before: () => Promise<void>): RedisConnection {
  return new Proxy(prompt, {
    get: (target, name, receiver) =>
      name === 'evalsha'
        ? async (...args: Parameters<RedisConnection['evalsha']>) => {
            const reply = await target.evalsha(...args);
            await before();
            return reply;
          }
        : (Reflect.get(target, name, receiver) as unknown),
  });
}

describe('a site limiter with a rate of its own', () => {
  it('spaces requests, whatever Redis says of a rate', async () => {
    const limiter = limiterOn(connection, 40);
    const startMs = performance.now();

    await Promise.all(Array.from({ length: 6 }, () => limiter.pass(WAITING)));

    expect(performance.now() - startMs).toBeGreaterThanOrEqual(5 * 40 - 5);
  });

  it('asks each second whether a job that waits is still wanted', async () => {
    const limiter = limiterOn(connection, 60_000);
    const check = (): Promise<void> => Promise.reject(new Error('its run was cancelled'));
    await limiter.pass(WAITING);

    await expect(limiter.pass({ ...WAITING, check })).rejects.toThrow('its run was cancelled');
  });
});

describe('a site limiter', () => {
  it('is closed from a refusal on, before Redis knows of it, until the pause is lifted', async () => {
    const limiter = limiterOn(connection);
    expect(await passes(limiter)).toBe(true);

    const telling = limiter.refuse(REFUSAL);
    expect(await passes(limiter)).toBe(false);
    await telling;
    expect(await passes(limiter)).toBe(false);

    await liftPause(connection, 'comic');
    await until('the limiter looks again', () => passes(limiter));
  });

  it('stays closed when an answer from before the refusal comes late', async () => {
    // Redis knows the script: it is the answer of one call that comes late.
    await readSiteState(connection, 'comic');
    let arrive = (): void => {};
    const arrived = new Promise<void>((resolve) => (arrive = resolve));
    let late = true;
    const limiter = limiterOn(
      slowed(connection, async () => {
        const isLate = late;
        late = false;
        if (isLate) await arrived;
      }),
    );

    const early = passes(limiter);
    await limiter.refuse(REFUSAL);
    arrive();

    expect(await early).toBe(false);
    expect(await passes(limiter)).toBe(false);
  });

  it('stays closed while Redis cannot be told of a refusal, and tells it as soon as it can', async () => {
    await connection.set(KEYS.site('comic'), 'no hash, so that every script fails');
    const limiter = limiterOn(connection);

    await expect(limiter.refuse(REFUSAL)).rejects.toThrow('WRONGTYPE');
    await expect(limiter.pass(WAITING)).rejects.toThrow('WRONGTYPE');
    await connection.del(KEYS.site('comic'));
    expect(await passes(limiter)).toBe(false);

    const { pausedForMs } = await readSiteState(connection, 'comic');
    expect(pausedForMs).toBeGreaterThan(55_000);
  });

  it('notices while it is used that another worker was refused, and that a rate was set', async () => {
    const limiter = limiterOn(connection);
    expect(await passes(limiter)).toBe(true);

    await setRate(connection, 'comic', 100_000);
    await until('a turn is taken', async () => {
      void limiter.pass({ ...WAITING, signal: AbortSignal.timeout(10) }).catch(() => {});
      return (await connection.hexists(KEYS.site('comic'), 'nextAt')) === 1;
    });
    await setRate(connection, 'comic', undefined);
    await pauseSite(connection, 'comic', REFUSAL);
    await until('the limiter closes', async () => !(await passes(limiter)));
  });

  it('looks every second whether a job that waits for its turn is still to be done', async () => {
    await setRate(connection, 'comic', 360_000);
    const limiter = limiterOn(connection);
    await limiter.pass(WAITING);
    const check = (): Promise<void> => Promise.reject(new Error('cancelled'));

    await expect(limiter.pass({ ...WAITING, check })).rejects.toThrow('cancelled');
  });

  it('lets a waiting job go as soon as the rate is off', async () => {
    await setRate(connection, 'comic', 360_000);
    const limiter = limiterOn(connection);
    await limiter.pass(WAITING);
    const waiting = limiter.pass(WAITING);

    await setRate(connection, 'comic', undefined);

    expect(await waiting).toEqual({ probe: false });
  });

  it('tells all limiters that a site is away, and that it answers again', async () => {
    const [one, other] = [limiterOn(connection), limiterOn(connection)];
    expect(await passes(other)).toBe(true);
    const failure = new JobFailure('server-error', 'status 502');

    for (let job = 1; job <= OPENS_AFTER_JOBS; job += 1) {
      await one.failed({ probe: false }, `r1.${job}`, failure);
    }
    await until('the other knows', async () => !(await passes(other)));
    await connection.hset(KEYS.site('comic'), { pausedUntil: Date.now() - 1 });
    const probe = await other.pass(WAITING);
    const meanwhile = await passes(one);
    await other.answered(probe);

    expect(probe).toEqual({ probe: true });
    expect(meanwhile).toBe(false);
    await until('the first knows', () => passes(one));
  });
});
