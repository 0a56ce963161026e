import { describe, expect, it } from 'vitest';
import {
  OPENS_AFTER_JOBS,
  recordAnswer,
  recordFailure,
  releaseProbe,
  type SiteFailure,
} from '../../../shared/queues/circuit-breaker.js';
import { queueOf } from '../../../shared/queues/queue.js';
import { queueKeys } from '../../../shared/queues/queue-keys.js';
import {
  liftPause,
  type Outage,
  pauseSite,
  readSiteState,
  takeTurn,
  type Turn,
} from '../../../shared/queues/site-state.js';
import type { RedisConnection } from '../../../shared/redis/connection.js';
import { KEYS } from '../../../shared/redis/keys.js';
import { useEmptyRedis } from '../../support/empty-redis.js';

const GIVE_UP_AFTER_MS = 60_000;
const LIMITERS = [false, true].map(
  (baseline) => queueKeys(queueOf('comic', baseline).name).limiter,
);

let connection: RedisConnection;

useEmptyRedis((opened) => {
  connection = opened;
});

function fail(jobId: string, changes: Partial<SiteFailure> = {}): Promise<Outage | undefined> {
  return recordFailure(connection, 'comic', {
    jobId,
    reason: 'connection',
    probe: false,
    giveUpAfterMs: GIVE_UP_AFTER_MS,
    random: 1,
    ...changes,
  });
}

/** Fails attempts of different jobs until the breaker opens. */
async function open(): Promise<Outage | undefined> {
  let outage: Outage | undefined;
  for (let job = 1; job <= OPENS_AFTER_JOBS; job += 1) outage = await fail(`r1.${job}`);
  return outage;
}

function turn(): Promise<Turn> {
  return takeTurn(connection, 'comic', { giveUpAfterMs: GIVE_UP_AFTER_MS, probeMs: 5000 });
}

/** Lets the pause in force run out, as if its time had passed. */
async function passPause(): Promise<void> {
  await connection.hset(KEYS.site('comic'), { pausedUntil: Date.now() - 1 });
  await connection.del(...LIMITERS);
}

async function paused(): Promise<number> {
  return connection.exists(...LIMITERS);
}

describe('a closed breaker', () => {
  it('opens when attempts of enough different jobs fail in a row, and pauses both queues', async () => {
    const before = await Promise.all(['a', 'b', 'c', 'd'].map((job) => fail(job)));
    const { failing, outage: none } = await readSiteState(connection, 'comic');
    const opened = await fail('e', { reason: 'dns' });
    const { outage } = await readSiteState(connection, 'comic');

    expect(before).toEqual([undefined, undefined, undefined, undefined]);
    expect({ failing, none }).toEqual({ failing: true, none: undefined });
    expect(opened).toEqual({ reason: 'dns', awayForMs: 0, nextProbeInMs: 1000 });
    expect(outage).toMatchObject({ reason: 'dns' });
    expect(await paused()).toBe(2);
  });

  it('stays closed, however often one job fails', async () => {
    for (let attempt = 0; attempt < 20; attempt += 1) expect(await fail('a')).toBeUndefined();
  });

  it('stays closed when answers come between the failures', async () => {
    for (let job = 0; job < 20; job += 1) {
      expect(await fail(`r1.${job}`)).toBeUndefined();
      if (job % (OPENS_AFTER_JOBS - 1) === 0) await recordAnswer(connection, 'comic');
    }
  });

  it('stays closed when only jobs fail that failed before the site answered others', async () => {
    await open();
    await recordAnswer(connection, 'comic');

    expect(await open()).toBeUndefined();
    expect(await fail('r1.99')).toBeUndefined();
    for (let job = 1; job < OPENS_AFTER_JOBS - 1; job += 1) await fail(`r2.${job}`);
    expect(await fail('r2.99')).toBeDefined();
  });

  it('forgets failures that are long past', async () => {
    for (let job = 1; job < OPENS_AFTER_JOBS; job += 1) await fail(`r1.${job}`);
    await connection.hset(KEYS.site('comic'), { failingAt: Date.now() - 3_601_000 });

    expect(await fail('r2.1')).toBeUndefined();
    expect(await fail('r2.2')).toBeUndefined();
  });
});

describe('an open breaker', () => {
  it('lets one probe through when its pause is over, and pauses the queues meanwhile', async () => {
    await open();
    const early = await turn();
    await passPause();
    const probe = await turn();
    const others = [await turn(), await turn()];

    expect(early).toEqual({ type: 'paused' });
    expect(probe).toEqual({ type: 'turn', waitMs: 0, probe: true });
    expect(others).toEqual([{ type: 'paused' }, { type: 'paused' }]);
    expect(await paused()).toBe(2);
  });

  it('doubles its pause with each probe that fails, half of it random, up to a minute', async () => {
    await open();
    const pauses: number[] = [];
    for (let probe = 0; probe < 8; probe += 1) {
      await passPause();
      await turn();
      pauses.push((await fail('p', { probe: true }))?.nextProbeInMs ?? 0);
    }
    await passPause();
    const shortest = await fail('p', { probe: true, random: 0 });

    expect(pauses).toEqual([2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    expect(shortest?.nextProbeInMs).toBe(30_000);
  });

  it('takes no notice of requests that were under way when it opened', async () => {
    await open();
    await fail('late');
    await passPause();
    await turn();
    const late = await fail('late');

    expect(late?.nextProbeInMs).toBeGreaterThan(4000);
    expect(await turn()).toEqual({ type: 'paused' });
  });

  it('closes at the first answer', async () => {
    await open();
    await passPause();
    await turn();

    expect(await recordAnswer(connection, 'comic')).toBe(true);
    expect(await paused()).toBe(0);
    expect(await readSiteState(connection, 'comic')).toMatchObject({
      outage: undefined,
      pausedForMs: 0,
    });
    expect(await turn()).toEqual({ type: 'turn', waitMs: 0, probe: false });
    expect(await recordAnswer(connection, 'comic')).toBe(false);
  });

  it('gives a probe that was not sent to the next who asks', async () => {
    await open();
    await passPause();
    await turn();
    await releaseProbe(connection, 'comic');

    expect(await turn()).toEqual({ type: 'turn', waitMs: 0, probe: true });
  });

  it('is given up after a while: jobs no longer wait, and a probe is still sent now and then', async () => {
    await open();
    await connection.hset(KEYS.site('comic'), { outageSince: Date.now() - GIVE_UP_AFTER_MS });
    const waiting = await turn();
    await passPause();
    const probe = await turn();
    await fail('p', { probe: true });

    expect(waiting).toMatchObject({ type: 'given-up', reason: 'connection' });
    expect(probe).toMatchObject({ type: 'turn', probe: true });
    expect(await turn()).toMatchObject({ type: 'given-up' });
    expect(await paused()).toBe(0);
  });

  it('is a pause like others when the site asks to be left alone, and when a person lifts it', async () => {
    await open();
    const refusal = { reason: 'throttled', retryAfterMs: 5000, firstPauseMs: 1, pauseMaxMs: 1 };
    await pauseSite(connection, 'comic', refusal);
    const refused = await readSiteState(connection, 'comic');
    await liftPause(connection, 'comic');
    await open();
    await liftPause(connection, 'comic');

    expect(refused).toMatchObject({ outage: undefined, pauseReason: 'throttled' });
    expect(await readSiteState(connection, 'comic')).toMatchObject({
      outage: undefined,
      pausedForMs: 0,
    });
  });
});
