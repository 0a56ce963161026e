import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RedisConnection } from '../../../shared/redis/connection.js';
import { KEYS } from '../../../shared/redis/keys.js';
import { type FailedJob, failedJobs } from '../../../shared/runs/failed-jobs.js';
import { startTestRedis, type TestRedis } from '../../support/redis-server.js';
import { recordedRun } from '../report/recorded.js';

let redis: TestRedis;
let connection: RedisConnection;

beforeAll(async () => {
  redis = await startTestRedis();
  connection = redis.connect();
});

afterAll(async () => {
  await redis.stop();
});

async function failedOf(run: number): Promise<FailedJob[]> {
  const jobs: FailedJob[] = [];
  for await (const job of failedJobs(connection, recordedRun({}, run))) jobs.push(job);
  return jobs;
}

async function fail(run: number, line: readonly [number, string, string, string]): Promise<void> {
  await connection.zadd(KEYS.failed(run), String(line[0]), JSON.stringify(line));
}

test('failedJobs() lists nothing where nothing failed', async () => {
  expect(await failedOf(1)).toEqual([]);
});

test('failedJobs() goes through any number of pages, in order of position', async () => {
  for (let position = 2500; position >= 1; position -= 1) {
    await fail(2, [position, 'not-json', `{"id":${position}}`, 'not-json: soup']);
  }

  const jobs = await failedOf(2);

  expect(jobs.map((job) => job.position)).toEqual(
    Array.from({ length: 2500 }, (_, index) => index + 1),
  );
  expect(jobs[6]).toEqual({
    position: 7,
    reason: 'not-json',
    input: { id: 7 },
    detail: 'not-json: soup',
  });
});

test('failedJobs() leaves out an input that is none, a reason unheard of and lines that are none', async () => {
  await fail(3, [1, 'bad-input', '{"id":"x"}', '']);
  await fail(3, [2, 'bad-input', 'soup', '']);
  await fail(3, [3, 'of-the-future', '{"id":3}', '']);
  await connection.zadd(KEYS.failed(3), '4', 'soup', '5', '{}', '6', '["a","b","c","d"]');

  expect(await failedOf(3)).toMatchObject([
    { reason: 'bad-input', input: undefined },
    { reason: 'bad-input', input: undefined },
    { reason: 'defect', input: { id: 3 }, detail: 'defect: our own code failed; please report it' },
  ]);
});
