import type { Queue } from 'bullmq';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openRunsQueue } from '../../../shared/queues/queue.js';
import type { RedisConnection } from '../../../shared/redis/connection.js';
import { KEYS } from '../../../shared/redis/keys.js';
import { forgetOldRuns, forgetRun, RUNS_KEPT } from '../../../shared/runs/forget-runs.js';
import {
  abandonIfSilent,
  acknowledge,
  createRun,
  endRun,
  findBaselineRun,
  listRuns,
  liveRuns,
  moveRun,
  type NewRun,
  readRun,
  requireRun,
  writeRunFields,
} from '../../../shared/runs/run-store.js';
import { isLive, parseRun } from '../../../shared/runs/run.js';
import { startTestRedis, type TestRedis } from '../../support/redis-server.js';

let redis: TestRedis;
let connection: RedisConnection;
let runsQueue: Queue;

beforeAll(async () => {
  redis = await startTestRedis();
  connection = redis.connect();
  runsQueue = openRunsQueue(connection);
});

beforeEach(async () => {
  await connection.flushall();
});

afterAll(async () => {
  await runsQueue.close();
  await redis.stop();
});

function newRun(changes: Partial<NewRun> = {}): Promise<number> {
  const run: NewRun = {
    kind: 'comic',
    baseline: false,
    selection: '1-200',
    digest: 'd',
    site: 'https://x.invalid',
    refetch: true,
    times: 2,
    attempts: 5,
    asked: 101,
    duplicates: 1,
    total: 200,
    ...changes,
  };
  return createRun(connection, runsQueue, run);
}

async function end(number: number): Promise<void> {
  await moveRun(connection, number, { to: 'sealed', from: ['open'] });
  const run = await readRun(connection, number);
  if (run !== undefined) await endRun(connection, run, { report: '{}', measureOf: 'site' });
}

/** Redis time, in milliseconds. */
async function redisNow(): Promise<number> {
  const [seconds, microseconds] = await connection.time();
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
}

async function heartbeatOf(number: number): Promise<number> {
  return (await readRun(connection, number))?.heartbeatAtMs ?? 0;
}

describe('createRun()', () => {
  it('records all that is known, and adds the job of its tracker', async () => {
    const beforeMs = await redisNow();
    const number = await newRun({ group: 3, pass: 2, retryOf: 1 });

    const run = await readRun(connection, number);
    expect(run).toMatchObject({
      number: 1,
      kind: 'comic',
      baseline: false,
      state: 'open',
      selection: '1-200',
      refetch: true,
      times: 2,
      asked: 101,
      duplicates: 1,
      total: 200,
      acknowledged: 0,
      endedAtMs: 0,
      report: '',
      group: 3,
      pass: 2,
      retryOf: 1,
      queue: { name: 'comics' },
    });
    expect(run !== undefined && isLive(run)).toBe(true);
    expect(run?.createdAtMs).toBeGreaterThanOrEqual(beforeMs);
    expect(run?.heartbeatAtMs).toBe(run?.createdAtMs);
    expect(await runsQueue.getJob('run-1')).toMatchObject({
      name: 'run-1 · 200 comics',
      data: { run: 1 },
    });
  });

  it('numbers runs without gaps, also at the same time', async () => {
    const numbers = await Promise.all([newRun(), newRun(), newRun()]);

    expect(numbers.toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
    expect((await listRuns(connection, { limit: 2 })).map(({ number }) => number)).toEqual([3, 2]);
    expect(await listRuns(connection, { offset: 2, limit: 5 })).toHaveLength(1);
    expect((await liveRuns(connection)).map(({ number }) => number)).toEqual([1, 2, 3]);
  });

  it.each([
    ['is lost', [KEYS.runCounter]],
    ['is lost with the index', [KEYS.runCounter, KEYS.runIndex]],
  ])('gives no number out twice when the counter %s', async (_, keys) => {
    await newRun();
    await newRun({ total: 7 });
    await connection.del(...keys);

    expect(await newRun()).toBe(3);
    expect(await readRun(connection, 2)).toMatchObject({ total: 7 });
  });

  it('goes on from the index when the counter is a word', async () => {
    await newRun();
    await connection.set(KEYS.runCounter, 'soup');

    expect(await newRun()).toBe(2);
  });
});

describe('readRun()', () => {
  it('knows nothing of a run that is not there, or not one of ours', async () => {
    await connection.hset(KEYS.run(9), { kind: 'video' });

    expect(await readRun(connection, 8)).toBeUndefined();
    expect(await readRun(connection, 9)).toBeUndefined();
    expect(parseRun(9, {})).toBeUndefined();
  });

  it('finds no run in a key of another type, which hides no other run', async () => {
    const number = await newRun();
    await connection.set(KEYS.run(99), 'text');
    await connection.sadd(KEYS.liveRuns, '99');

    expect(await readRun(connection, 99)).toBeUndefined();
    expect(await liveRuns(connection)).toMatchObject([{ number }]);
  });
});

describe('acknowledge()', () => {
  it('says how far the producer is, in Redis time, and never goes back', async () => {
    const number = await newRun();
    const beforeMs = await redisNow();

    await acknowledge(connection, number, { acknowledged: 100 });
    const record = await acknowledge(connection, number, { acknowledged: 50 });

    expect(record).toEqual({ state: 'open', acknowledged: 100, isTakenOver: false });
    expect(await readRun(connection, number)).toMatchObject({ acknowledged: 100 });
    expect(await heartbeatOf(number)).toBeGreaterThanOrEqual(beforeMs);
    expect(await heartbeatOf(number)).toBeLessThanOrEqual(await redisNow());
  });

  it('lets a producer count as silent already', async () => {
    const number = await newRun();

    await acknowledge(connection, number, { acknowledged: 1, silentMs: 15_000 });

    expect(await heartbeatOf(number)).toBeLessThanOrEqual((await redisNow()) - 15_000);
  });

  it('changes nothing of a run that is not open, and makes none', async () => {
    const number = await newRun();
    await moveRun(connection, number, { to: 'cancelled', from: ['open'] });

    expect(await acknowledge(connection, number, { acknowledged: 100 })).toEqual({
      state: 'cancelled',
      acknowledged: 0,
      isTakenOver: false,
    });
    expect(await acknowledge(connection, 99, { acknowledged: 100 })).toBeUndefined();
    expect(await readRun(connection, number)).toMatchObject({ acknowledged: 0 });
    expect(await connection.exists(KEYS.run(99))).toBe(0);
  });
});

describe('abandonIfSilent()', () => {
  it('abandons an open run whose last heartbeat is over a minute old, and no other', async () => {
    const [silent, heard, sealed] = [await newRun(), await newRun(), await newRun()];
    await acknowledge(connection, silent, { acknowledged: 0, silentMs: 60_001 });
    await acknowledge(connection, heard, { acknowledged: 0, silentMs: 50_000 });
    await acknowledge(connection, sealed, { acknowledged: 0, silentMs: 60_001 });
    await moveRun(connection, sealed, { to: 'sealed', from: ['open'] });

    const states = [];
    for (const number of [silent, heard, sealed, 99]) {
      states.push(await abandonIfSilent(connection, number));
    }

    expect(states).toEqual(['abandoned', 'open', 'sealed', undefined]);
    expect(await readRun(connection, silent)).toMatchObject({ state: 'abandoned' });
  });

  it('counts the silence from now where the clock was set back', async () => {
    const number = await newRun();
    await acknowledge(connection, number, { acknowledged: 0, silentMs: -600_000 });

    expect(await abandonIfSilent(connection, number)).toBe('open');
    expect(await heartbeatOf(number)).toBeLessThanOrEqual(await redisNow());
  });
});

describe('moveRun()', () => {
  it('moves a run from the states it may be in, with what is written beside', async () => {
    const number = await newRun();

    const moved = await moveRun(connection, number, {
      to: 'abandoned',
      from: ['sealed', 'open'],
      fields: { heartbeatAtMs: 7 },
    });
    const stayed = await moveRun(connection, number, { to: 'sealed', from: ['open'] });

    expect([moved, stayed]).toEqual(['abandoned', 'abandoned']);
    expect(await readRun(connection, number)).toMatchObject({
      state: 'abandoned',
      heartbeatAtMs: 7,
    });
    expect(await moveRun(connection, 99, { to: 'sealed', from: ['open'] })).toBeUndefined();
  });

  it.each(['open', 'sealed'] as const)('takes the end of an abandoned run back: %s', async (to) => {
    const number = await newRun();
    await moveRun(connection, number, { to: 'abandoned', from: ['open'] });
    await end(number);
    await connection.set(KEYS.series(number), '{}');

    await moveRun(connection, number, { to, from: ['abandoned'] });

    const run = await readRun(connection, number);
    expect(run).toMatchObject({ state: to, report: '', endedAtMs: 0 });
    expect(await liveRuns(connection)).toMatchObject([{ number }]);
    expect(await connection.exists(KEYS.series(number), KEYS.endedRuns)).toBe(0);
  });
});

describe('endRun()', () => {
  it('ends a run, from when on it is not live', async () => {
    const number = await newRun();

    await end(number);

    const run = await readRun(connection, number);
    expect(run).toMatchObject({ state: 'ended', report: '{}' });
    expect(run === undefined || isLive(run)).toBe(false);
    expect(await liveRuns(connection)).toEqual([]);
  });

  it('leaves a run alone that has moved on since it was read, or that has ended', async () => {
    const number = await newRun();
    await moveRun(connection, number, { to: 'abandoned', from: ['open'] });
    const abandoned = await readRun(connection, number);
    if (abandoned === undefined) throw new Error('no run');
    await moveRun(connection, number, { to: 'open', from: ['abandoned'] });

    const early = await endRun(connection, abandoned, { report: '{}', measureOf: 'none' });
    const resumed = await readRun(connection, number);
    await end(number);
    const late = await endRun(connection, abandoned, { report: '{"late":1}', measureOf: 'none' });

    expect([early, late]).toEqual([false, false]);
    expect(resumed).toMatchObject({ state: 'open', endedAtMs: 0, report: '' });
    expect(await readRun(connection, number)).toMatchObject({ state: 'ended', report: '{}' });
  });

  it('leaves a cancelled run cancelled', async () => {
    const number = await newRun();
    await moveRun(connection, number, { to: 'cancelled', from: ['open'] });
    await end(number);

    expect(await readRun(connection, number)).toMatchObject({ state: 'cancelled', report: '{}' });
  });
});

describe('findBaselineRun()', () => {
  it('finds the newest ended baseline of the selection, else of the site', async () => {
    const [first, second] = [await newRun({ baseline: true }), await newRun({ baseline: true })];
    const other = await newRun({ baseline: true, digest: 'e' });
    for (const number of [first, second, other]) await end(number);

    const same = await findFor({});
    const ofSite = await findFor({ digest: 'f' });
    const elsewhere = await findFor({ site: 'https://y.invalid' });

    expect([same, ofSite, elsewhere]).toEqual([second, other, undefined]);
  });

  it('finds none that was cancelled', async () => {
    const number = await newRun({ baseline: true });
    await moveRun(connection, number, { to: 'cancelled', from: ['open'] });
    await end(number);

    expect(await findFor({})).toBeUndefined();
  });

  /** The number of the baseline found for a new run. */
  async function findFor(changes: Partial<NewRun>): Promise<number | undefined> {
    const run = await readRun(connection, await newRun(changes));
    return run === undefined ? undefined : (await findBaselineRun(connection, run))?.number;
  }
});

describe('forgetOldRuns()', () => {
  /** As many ended runs as are kept, newer than any that the test makes. */
  async function plantEnded(): Promise<void> {
    const newer = Array.from({ length: RUNS_KEPT }, (_, index) => String(index + 100));
    await connection.zadd(KEYS.endedRuns, ...newer.flatMap((number) => [number, number]));
  }

  it('keeps the newest thousand, every baseline and what has not ended', async () => {
    const [old, live] = [await newRun(), await newRun()];
    const baseline = await newRun({ baseline: true });
    await end(old);
    await end(baseline);
    await writeRunFields(connection, old, { passes: '{}' });
    await plantEnded();

    await forgetOldRuns(connection, runsQueue);
    await forgetOldRuns(connection, runsQueue);

    expect(await readRun(connection, old)).toBeUndefined();
    expect(await runsQueue.getJob('run-1')).toBeUndefined();
    expect((await listRuns(connection, { limit: 9 })).map(({ number }) => number)).toEqual([
      baseline,
      live,
    ]);
    expect(await connection.zcard(KEYS.endedRuns)).toBe(RUNS_KEPT);
  });

  it('reads no baseline, of which there may be thousands', async () => {
    await end(await newRun());
    const baselines = Array.from({ length: 5000 }, (_, index) => String(index + 2000));
    await connection.zadd(KEYS.runIndex, ...baselines.flatMap((number) => [number, number]));
    await plantEnded();
    await connection.config('RESETSTAT');

    await forgetOldRuns(connection, runsQueue);

    const [, calls] =
      /cmdstat_hgetall:calls=(\d+)/.exec(await connection.info('commandstats')) ?? [];
    expect(Number(calls ?? 0)).toBeLessThan(10);
    expect(await connection.exists(KEYS.run(1))).toBe(0);
  });

  it('forgets nothing while there are few', async () => {
    const number = await newRun();
    await end(number);

    await forgetOldRuns(connection, runsQueue);

    expect(await readRun(connection, number)).toBeDefined();
  });
});

describe('forgetRun()', () => {
  it('forgets an ended run, a baseline too, and no other', async () => {
    const [older, newer] = [await newRun({ baseline: true }), await newRun({ baseline: true })];
    await end(older);
    await end(newer);
    const live = await newRun();

    const forgotten = await forgetRun(connection, runsQueue, await requireRun(connection, newer));
    const kept = await forgetRun(connection, runsQueue, await requireRun(connection, live));

    expect([forgotten, kept]).toEqual([true, false]);
    expect((await listRuns(connection, { limit: 9 })).map(({ number }) => number)).toEqual([
      live,
      older,
    ]);
    expect(await runsQueue.getJob(`run-${newer}`)).toBeUndefined();
    expect(await connection.hvals(KEYS.baselines('comic'))).not.toContain(String(newer));
    const left = await connection.keys(`${KEYS.run(newer)}*`);
    expect(left).toEqual([]);
  });
});
