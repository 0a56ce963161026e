import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createLogger } from '../../shared/base/logger.js';
import { openQueue } from '../../shared/queues/queue.js';
import { setRate } from '../../shared/queues/site-state.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { parseInfo } from '../../shared/redis/server-check.js';
import { KEYS } from '../../shared/redis/keys.js';
import { until } from '../support/condition.js';
import { comics, WorkPlace } from '../support/work-place.js';

let place: WorkPlace;

async function requests(): Promise<number> {
  const response = await fetch(`${place.origin.url}/__origin/stats`);
  const stats = (await response.json()) as { requests: number };
  return stats.requests;
}

async function stored(): Promise<number> {
  const files = await readdir(join(place.out, 'comics')).catch(() => []);
  return files.length;
}

/** Commands that Redis has refused so far. */
async function errorReplies(): Promise<number> {
  const info = await place.redis.connect().info('stats');
  return Number(/total_error_replies:(\d+)/.exec(info)?.[1]);
}

/** What Redis has refused or met so far: commands and connections. */
async function attemptsOn(admin: RedisConnection): Promise<number> {
  const info = parseInfo(await admin.info('stats'));
  return Number(info['total_error_replies']) + Number(info['total_connections_received']);
}

/** A while in which much could go wrong. */
async function passes(ms: number): Promise<void> {
  const startedAtMs = performance.now();
  await until('a while has passed', () => performance.now() - startedAtMs > ms);
}

describe('trouble of Redis', () => {
  afterEach(async () => {
    await place.close();
  });

  it('is not charged to jobs when it is full while a rate is set', async () => {
    place = await WorkPlace.open();
    await setRate(place.connection, 'comic', 2);
    const worker = await place.startWorker();
    await place.enqueue({ kind: 'comic', inputs: comics(1, 300), attempts: 1 });
    await until('some work', async () => (await requests()) > 20);

    await place.connection.config('SET', 'maxmemory', '1');
    const refused = await errorReplies();
    await until('Redis refuses', async () => (await errorReplies()) > refused + 5);
    await place.connection.config('SET', 'maxmemory', '0');

    await until('all are stored', async () => (await stored()) === 300);
    expect(worker.failures).toBe(0);
  });

  it('leaves a site alone that has refused, even when it cannot be told', async () => {
    place = await WorkPlace.open({ faults: ['429?retry-after=60'], latencyMs: 500 });
    await place.startWorker();
    await place.enqueue({ kind: 'comic', inputs: comics(1, 200), attempts: 1 });
    await until('the first requests', async () => (await requests()) === 10);
    // Redis goes on with everything else, and can still be asked about the site.
    const others = ['comics', 'searches', 'sleeps', 'run', 'worker'];
    const patterns = others.map((name) => `~{comic-queue}:${name}*`);
    await place.connection.acl(
      'SETUSER',
      'default',
      'resetkeys',
      ...patterns,
      '%R~{comic-queue}:site*',
    );

    await passes(3000);

    expect(await requests()).toBe(10);
  });

  it('costs no job when fields of a site record cannot be read', async () => {
    place = await WorkPlace.open();
    await place.connection.hset(KEYS.site('comic'), { intervalMs: '5', nextAt: 'soon' });
    await place.startWorker();

    const report = await place.report(
      await place.enqueue({ kind: 'comic', inputs: comics(1, 40), attempts: 1 }),
    );

    expect(report.outcomes).toEqual({ stored: 40 });
  });

  it('does not stall a rated queue when its clock goes back', async () => {
    place = await WorkPlace.open();
    await setRate(place.connection, 'comic', 5);
    await place.connection.hset(KEYS.site('comic'), { nextAt: Date.now() + 600_000 });
    await place.startWorker();

    const report = await place.report(
      await place.enqueue({ kind: 'comic', inputs: comics(1, 10) }),
    );

    expect(report.outcomes).toEqual({ stored: 10 });
  });

  it('does not keep a worker with --drain for ever', async () => {
    place = await WorkPlace.open();
    const logger = createLogger('silent');
    const worker = await place.startWorker({ drain: true, logger });
    await place.connection.set('{comic-queue}:comics:active', 'not a list');
    await passes(1000);
    await place.connection.del('{comic-queue}:comics:active');

    expect(await worker.left).toEqual({ type: 'drained' });
  });
});

describe('a refusal', () => {
  type Change = (admin: RedisConnection) => Promise<unknown>;
  const replicaOfNone: Change = (admin) => admin.replicaof('NO', 'ONE');

  // Each waits for seconds most of the time, at a Redis of its own.
  it.concurrent.for<[reply: string, begin: Change, end: Change]>([
    ['READONLY', (admin) => admin.replicaof('127.0.0.1', '1'), replicaOfNone],
    [
      'MASTERDOWN',
      async (admin) => {
        await admin.config('SET', 'replica-serve-stale-data', 'no');
        await admin.replicaof('127.0.0.1', '1');
      },
      replicaOfNone,
    ],
    [
      'NOREPLICAS',
      (admin) => admin.config('SET', 'min-replicas-to-write', '1'),
      (admin) => admin.config('SET', 'min-replicas-to-write', '0'),
    ],
    [
      'OOM',
      (admin) => admin.config('SET', 'maxmemory', '1'),
      (admin) => admin.config('SET', 'maxmemory', '0'),
    ],
    [
      'NOPERM',
      (admin) => admin.acl('SETUSER', 'default', '-@all', '+acl', '+info', '+hello', '+ping'),
      (admin) => admin.acl('SETUSER', 'default', '+@all'),
    ],
    [
      'NOAUTH',
      async (admin) => {
        await admin.config('SET', 'requirepass', 'geheim');
        await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      },
      (admin) => admin.config('SET', 'requirepass', ''),
    ],
  ])(
    '%s does not make a busy worker spin, nor cost a job',
    async ([, begin, end], { onTestFinished }) => {
      const own = await WorkPlace.open();
      onTestFinished(() => own.close());
      const admin = own.redis.connect();
      await admin.ping();
      const lines: string[] = [];
      const worker = await own.startWorker({
        logger: createLogger('warn', (line) => lines.push(line)),
      });
      await own.enqueue({
        kind: 'sleep',
        inputs: Array.from({ length: 100 }, () => ({ seconds: 0.2 })),
      });
      await until('some work', async () => (await admin.hlen(KEYS.tally(1))) > 0);

      await begin(admin);
      const before = await attemptsOn(admin);
      await passes(3000);
      const perSecond = ((await attemptsOn(admin)) - before) / 3;
      const written = lines.length;
      await end(admin);

      // Under NOAUTH each connection is tried again and again: after a second, once a second.
      expect(perSecond).toBeLessThan(120);
      expect(written).toBeLessThanOrEqual(8);
      const bullQueue = openQueue('sleeps', admin);
      const left = () => bullQueue.getJobCountByTypes('waiting', 'active', 'delayed');
      await until('all are done', async () => (await left()) === 0);
      expect(worker.failures).toBe(0);
    },
  );
});
