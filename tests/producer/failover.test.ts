import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { enqueueRun } from '../../producer/enqueue.js';
import { EXIT } from '../../shared/base/errors.js';
import type { Attempt } from '../../shared/base/wait.js';
import { openConnection, type RedisConnection } from '../../shared/redis/connection.js';
import { KEYS } from '../../shared/redis/keys.js';
import { parseInfo } from '../../shared/redis/server-check.js';
import { readRun } from '../../shared/runs/run-store.js';
import { until } from '../support/condition.js';
import { ReplicatedRedis } from '../support/replicated-redis.js';
import { positionsOf, upTo } from './comics-queue.js';
import { NEVER_STOPPED, plan } from './planning.js';

let redis: ReplicatedRedis;
let client: RedisConnection;
let warnings: string[];
/** What the producer waits for before it asks Redis for anything more. */
let held: Promise<void> | undefined;

beforeEach(async () => {
  held = undefined;
  redis = await ReplicatedRedis.open();
  client = openConnection(redis.address, { whenDown: 'fail' }, () => {});
  warnings = [];
});

afterEach(async () => {
  client.disconnect();
  await redis.close();
});

/** The producer waits for the replica. */
async function untilWaiting(): Promise<void> {
  const admin = redis.primary.connect();
  await until('a client waits', async () => {
    return parseInfo(await admin.info('clients'))['blocked_clients'] === '1';
  });
}

/** Has nothing that is asked from now on reach the replica, which knows of the run by then. */
async function loseTheRest(): Promise<void> {
  const replica = redis.replica.connect();
  await until('the replica has the run', () => replica.exists(KEYS.run(1)));
  redis.freezeReplication();
}

/** Tries again while there is trouble with Redis, as commands do. */
const persistently: Attempt = async (act) => {
  await held;
  for (let left = 1000; ; left -= 1) {
    try {
      return await act();
    } catch (error) {
      if (left === 0) throw error;
      await delay(50);
    }
  }
};

const options = () => ({
  connection: client,
  signal: NEVER_STOPPED,
  onWarning: (text: string) => warnings.push(text),
  attempt: persistently,
});

describe('enqueueRun() with a replica', () => {
  it('resolves when the replica has the run, without a warning', async () => {
    await enqueueRun(await plan('comic', '1-2000'), options());
    redis.freezeReplication();
    await redis.failOver();

    expect(warnings).toEqual([]);
    expect(await readRun(redis.replica.connect(), 1)).toMatchObject({
      state: 'sealed',
      acknowledged: 2000,
    });
    expect(await positionsOf(redis.replica.connect(), 1)).toEqual(upTo(2000));
  });

  it('warns when no replica confirms in time', async () => {
    redis.freezeReplication();

    const enqueued = await enqueueRun(await plan('comic', '1-2000'), options());

    expect(enqueued).toMatchObject({ queued: 2000 });
    expect(warnings).toEqual([
      'run-1: no replica has confirmed within 3 s what was written, so a failover may lose it. See why with: comic-queue doctor',
    ]);
  });

  it('adds again what a failover has lost', async () => {
    let failing: Promise<void> | undefined;
    const onProgress = ({ queued }: { queued: number }): void => {
      if (queued === 2000) held = loseTheRest();
      if (queued === 12_000) failing ??= redis.failOver();
    };

    const planned = await plan('comic', '1-20000');
    const enqueued = await enqueueRun(planned, { ...options(), onProgress });
    await failing;

    expect(enqueued).toEqual({ run: 1, queued: 20_000, state: 'sealed' });
    expect(warnings).toEqual([expect.stringMatching(/^run-1: Redis has lost [\d,]+ jobs /)]);
    const positions = await positionsOf(redis.replica.connect(), 1);
    expect(positions.toSorted((a, b) => a - b)).toEqual(upTo(20_000));
    expect(await readRun(redis.replica.connect(), 1)).toMatchObject({
      state: 'sealed',
      acknowledged: 20_000,
    });
  });

  it('adds again what a failover has lost while the run was being confirmed', async () => {
    let failing: Promise<void> | undefined;
    const onProgress = ({ queued }: { queued: number }): void => {
      if (queued === 1000) held = loseTheRest();
      if (queued === 5000) failing ??= untilWaiting().then(() => redis.failOver());
    };

    const planned = await plan('comic', '1-5000');
    const enqueued = await enqueueRun(planned, { ...options(), onProgress });
    await failing;

    expect(enqueued).toMatchObject({ queued: 5000, state: 'sealed' });
    expect((await positionsOf(redis.replica.connect(), 1)).toSorted((a, b) => a - b)).toEqual(
      upTo(5000),
    );
  });

  it('never says that a run is queued which the new primary has never seen', async () => {
    redis.freezeReplication();
    let failing: Promise<void> | undefined;
    const onProgress = (): void => {
      failing ??= redis.failOver();
    };

    const lost = enqueueRun(await plan('comic', '1-2000'), { ...options(), onProgress });

    await expect(lost).rejects.toMatchObject({
      exitCode: EXIT.unavailable,
      message: expect.stringContaining('Enqueue again'),
    });
    await failing;
  });
});
