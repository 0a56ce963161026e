import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeComparisonDirectory } from '../../../cli/compare/files.js';
import { EXIT } from '../../../shared/base/errors.js';
import type { RedisConnection } from '../../../shared/redis/connection.js';
import { KEYS } from '../../../shared/redis/keys.js';
import { startTestRedis, type TestRedis } from '../../support/redis-server.js';

let redis: TestRedis;
let connection: RedisConnection;
let data: string;

beforeAll(async () => {
  redis = await startTestRedis();
  connection = redis.connect();
  data = await mkdtemp(join(tmpdir(), 'cq-directory-'));
});

afterAll(async () => {
  await redis.stop();
  await rm(data, { recursive: true, force: true });
});

test('makeComparisonDirectory() names it after the run to come, and never takes one that is there', async () => {
  const first = await makeComparisonDirectory(connection, data);
  const second = await makeComparisonDirectory(connection, data);
  await connection.set(KEYS.runCounter, 6);
  const third = await makeComparisonDirectory(connection, data);

  expect([first, second, third]).toEqual(
    ['run-1', 'run-1.2', 'run-7'].map((name) => join(data, 'compare', name)),
  );
  expect(await readdir(join(data, 'compare'))).toHaveLength(3);
});

test('makeComparisonDirectory() says where it cannot make one', async () => {
  const file = join(data, 'file');
  await writeFile(file, '');

  await expect(makeComparisonDirectory(connection, file)).rejects.toMatchObject({
    exitCode: EXIT.cannotWrite,
    message: expect.stringContaining(`in ${join(file, 'compare')}`) as string,
  });
});
