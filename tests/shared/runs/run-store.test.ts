import type { Queue } from 'bullmq';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openRunsQueue } from '../../../shared/queues/queue.js';
import type { RedisConnection } from '../../../shared/redis/connection.js';
import { KEYS } from '../../../shared/redis/keys.js';
import {
  acknowledge,
  addTrackerJob,
  createRun,
  endRun,
  forgetOldRuns,
  listRuns,
  liveRuns,
  moveRun,
  type NewRun,
  readRun,
  RUNS_KEPT,
  writeRunFields,
} from '../../../shared/runs/run-store.js';
import { isLive, parseRun } from '../../../shared/runs/run.js';
import { startTestRedis, type TestRedis } from '../../support/redis-server.js';

const NOW_MS = 1_795_000_000_000;

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
  return createRun(connection, runsQueue, run, NOW_MS);
}

async function end(number: number): Promise<void> {
  await moveRun(connection, number, { to: 'sealed', from: ['open'] });
  const run = await readRun(connection, number);
  if (run !== undefined) await endRun(connection, run, '{}', NOW_MS + 1000);
}

describe('createRun()', () => {
  it('records all that is known, and puts the run up for keeping', async () => {
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
      createdAtMs: NOW_MS,
      heartbeatAtMs: NOW_MS,
      endedAtMs: 0,
      report: '',
      group: 3,
      pass: 2,
      retryOf: 1,
      queue: { name: 'comics' },
    });
    expect(run !== undefined && isLive(run)).toBe(true);
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
});

describe('readRun()', () => {
  it('knows nothing of a run that is not there, or not one of ours', async () => {
    await connection.hset(KEYS.run(9), { kind: 'video' });

    expect(await readRun(connection, 8)).toBeUndefined();
    expect(await readRun(connection, 9)).toBeUndefined();
    expect(parseRun(9, {})).toBeUndefined();
  });
});

describe('acknowledge()', () => {
  it('says how far the producer is, and never goes back', async () => {
    const number = await newRun();

    await acknowledge(connection, number, 100, NOW_MS + 1);
    const state = await acknowledge(connection, number, 50, NOW_MS + 2);

    expect(state).toBe('open');
    expect(await readRun(connection, number)).toMatchObject({
      acknowledged: 100,
      heartbeatAtMs: NOW_MS + 2,
    });
  });

  it('changes nothing of a run that is not open, and makes none', async () => {
    const number = await newRun();
    await moveRun(connection, number, { to: 'cancelled', from: ['open'] });

    expect(await acknowledge(connection, number, 100, NOW_MS + 1)).toBe('cancelled');
    expect(await acknowledge(connection, 99, 100, NOW_MS + 1)).toBeUndefined();
    expect(await readRun(connection, number)).toMatchObject({ acknowledged: 0 });
    expect(await connection.exists(KEYS.run(99))).toBe(0);
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
});

describe('endRun()', () => {
  it('ends a run, and takes a baseline up among the measures', async () => {
    const [plain, baseline] = [await newRun(), await newRun({ baseline: true })];

    await end(plain);
    await end(baseline);

    const run = await readRun(connection, baseline);
    expect(run).toMatchObject({ state: 'ended', report: '{}', endedAtMs: NOW_MS + 1000 });
    expect(run === undefined || isLive(run)).toBe(false);
    expect(await liveRuns(connection)).toEqual([]);
    expect(await connection.zrange(KEYS.baselines('comic'), '0', '-1')).toEqual([String(baseline)]);
  });

  it('leaves a cancelled run cancelled, and no measure', async () => {
    const number = await newRun({ baseline: true });
    await moveRun(connection, number, { to: 'cancelled', from: ['open'] });
    await end(number);

    expect(await readRun(connection, number)).toMatchObject({ state: 'cancelled', report: '{}' });
    expect(await connection.zcard(KEYS.baselines('comic'))).toBe(0);
  });
});

describe('addTrackerJob()', () => {
  it('puts a run up again whose tracker has finished or failed, and else changes nothing', async () => {
    const number = await newRun();
    await addTrackerJob(runsQueue, number, 'again');
    const waiting = await runsQueue.getWaitingCount();

    expect(waiting).toBe(1);
    for (const outcome of ['completed', 'failed']) {
      await finishTrackerJob(outcome);
      await addTrackerJob(runsQueue, number, outcome);
      expect(await runsQueue.getWaitingCount()).toBe(1);
      expect(await runsQueue.getJob('run-1')).toMatchObject({ name: outcome });
    }
  });
});

/** Moves the waiting tracker's job to where BullMQ puts finished ones. */
async function finishTrackerJob(set: string): Promise<void> {
  const base = KEYS.queueBase('runs');
  await connection.lrem(`${base}wait`, 1, 'run-1');
  await connection.zadd(`${base}${set}`, String(NOW_MS), 'run-1');
}

describe('forgetOldRuns()', () => {
  it('keeps the newest thousand, every baseline and what has not ended', async () => {
    const [old, live, baseline] = [
      await newRun(),
      await newRun(),
      await newRun({ baseline: true }),
    ];
    await end(old);
    await end(baseline);
    await writeRunFields(connection, old, { comparison: '{}' });
    const newer = Array.from({ length: RUNS_KEPT }, (_, index) => String(index + 100));
    await connection.zadd(KEYS.runIndex, ...newer.flatMap((number) => [number, number]));

    await forgetOldRuns(connection, runsQueue);
    await forgetOldRuns(connection, runsQueue);

    expect(await readRun(connection, old)).toBeUndefined();
    expect(await runsQueue.getJob('run-1')).toBeUndefined();
    expect(await readRun(connection, live)).toMatchObject({ state: 'open' });
    expect(await readRun(connection, baseline)).toMatchObject({ state: 'ended' });
    expect(await connection.zcard(KEYS.runIndex)).toBe(RUNS_KEPT + 2);
  });

  it('forgets nothing while there are few', async () => {
    const number = await newRun();
    await end(number);

    await forgetOldRuns(connection, runsQueue);

    expect(await readRun(connection, number)).toBeDefined();
  });
});
