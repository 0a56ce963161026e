import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RedisConnection } from '../../../shared/redis/connection.js';
import { KEYS } from '../../../shared/redis/keys.js';
import { foldArguments } from '../../../shared/runs/tally.js';
import { startTestRedis, type TestRedis } from '../../support/redis-server.js';
import { BEGIN_MS, finish, FOLD_SOURCE, runFold, writeRun } from './finished-jobs.js';

let redis: TestRedis;
let connection: RedisConnection;

beforeAll(async () => {
  redis = await startTestRedis();
  connection = redis.connect();
});

beforeEach(async () => {
  await connection.flushall();
});

afterAll(async () => {
  await redis.stop();
});

describe('fold.lua', () => {
  const { outcomes, reasons } = foldArguments();
  /** The table as it would be after an outcome was appended to it. */
  const appended = {
    outcomes: [...outcomes, { name: 'postponed', answer: true, worked: true }],
    reasons: { ...reasons, 'put-off': outcomes.length + 1 },
  };

  it('names no outcome and no reason itself', () => {
    const words = new Set<string | undefined>([
      ...outcomes.map(({ name }) => name),
      ...Object.keys(reasons),
    ]);
    const strings = [...FOLD_SOURCE.matchAll(/'([^']*)'/g)].map(([, text]) => text);

    expect(strings.filter((text) => words.has(text))).toEqual([]);
  });

  it('counts an outcome that was appended to the table as what the table says', async () => {
    await writeRun(connection, 1, 2);
    await finish(connection, 'r1.1', ['put-off', BEGIN_MS, 20, 5, 100, 1, 200]);

    await runFold(connection, { changes: appended });

    expect(await connection.hgetall(KEYS.tally(1))).toMatchObject({
      ended: '1',
      'outcome:postponed': '1',
      'reason:put-off': '1',
      bytes: '100',
    });
    expect(await connection.hget(KEYS.buckets(1), 'e20')).toBe('1');
    expect(await connection.zcard(KEYS.failed(1))).toBe(0);
  });

  it('lets an appended answer replace a failure, and no failure replace it', async () => {
    await writeRun(connection, 1, 1);
    for (const [set, reason] of [
      ['failed', 'not-json'],
      ['completed', 'put-off'],
      ['failed', 'not-json'],
    ] as const) {
      await finish(connection, 'r1.1', [reason, BEGIN_MS, 20, 5, 100, 1, 200], { set });
      await runFold(connection, { set, changes: appended });
      await connection.del(`${KEYS.queueBase('comics')}${set}`);
    }

    const tally = await connection.hgetall(KEYS.tally(1));
    expect(tally).toMatchObject({ ended: '1', 'outcome:postponed': '1', 'outcome:invalid': '0' });
  });
});
