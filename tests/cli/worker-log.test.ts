import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestRedis, type TestRedis } from '../support/redis-server.js';
import { runInProcess, startCommandLine } from './command-line.js';

let redis: TestRedis;

beforeAll(async () => {
  redis = await startTestRedis(['--appendonly', 'yes']);
});

afterAll(() => redis.stop());

/** What a worker writes to stderr from its start, over a run of one sleep, to its end. */
async function logOf(...flags: string[]): Promise<string> {
  const env = { REDIS_URL: redis.url };
  const worker = await startCommandLine(['work', '--kinds', 'sleeps', '--json', ...flags], { env });
  await worker.untilSaid(/"event":"started"/);
  await runInProcess(['enqueue', 'sleeps', '0', '--wait'], { env });
  worker.signal('SIGTERM');
  return (await worker.ended).stderr;
}

test('off a terminal a worker writes JSON and nothing else', async () => {
  const log = await logOf();

  const lines = log.trimEnd().split('\n');
  const said = lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
  expect(said[0]).toMatch(/^comic-queue [\d.]+: worker \S+\. Ctrl-C takes no more/);
  expect(said).toContain('Stopping: finishing the jobs in flight.');
  expect(said.at(-1)).toMatch(/^Worker left after \d+ s: 1 slept$/);
});

test('--log-format text is for a person, and -v has a line for each job', async () => {
  const log = await logOf('--log-format', 'text', '-v');

  expect(log).toMatch(/^comic-queue [\d.]+: worker \S+\n {2}at once {3}sleeps 10/);
  expect(log).toMatch(/^\d\d:\d\d:\d\d sleep 0 slept [\d.]+ ms$/m);
  expect(log).toMatch(/^\d\d:\d\d:\d\d Worker left after \d+ s: 1 slept\n$/m);
});

test('-q leaves out all but trouble', async () => {
  expect(await logOf('-q')).toBe('');
});
