import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { CheckResult } from '../../cli/commands/doctor.js';
import { settingsOf } from '../../cli/commands/origin.js';
import { createOrigin, type Origin } from '../../origin/server.js';
import { EXIT } from '../../shared/base/errors.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { ACL_RULES } from '../../shared/redis/rights.js';
import { startTestRedis, type TestRedis } from '../support/redis-server.js';
import { runInProcess, startCommandLine, temporaryDirectory } from './command-line.js';

let redis: TestRedis;
let origin: Origin;
let admin: RedisConnection;
let env: Record<string, string>;

beforeAll(async () => {
  redis = await startTestRedis(['--appendonly', 'yes']);
  admin = redis.connect();
  origin = createOrigin({ latest: 3000 });
  await origin.start();
  const url = redis.url.replace('unix://', 'unix://anna:geheim@');
  env = { REDIS_URL: url, ...settingsOf(origin.url) };
});

beforeEach(async () => {
  await setRules(ACL_RULES);
});

afterAll(async () => {
  await origin.stop();
  await redis.stop();
});

async function setRules(rules: string): Promise<void> {
  await admin.acl('SETUSER', 'anna', 'reset', 'on', '>geheim', ...rules.split(' '));
}

/** What was denied to our user, by Redis's own log. */
async function denied(): Promise<string[]> {
  const entries = (await admin.acl('LOG')) as unknown[][];
  return entries.map((entry) => String(entry[entry.indexOf('object') + 1]));
}

async function doctorOn(about: string): Promise<CheckResult[]> {
  const { stdout } = await runInProcess(['doctor', '--json'], { env });
  const { checks }: { checks: CheckResult[] } = JSON.parse(stdout);
  return checks.filter((check) => check.about === about);
}

test('a user with the documented rights can do everything', async () => {
  const there = { cwd: await temporaryDirectory(), env: { ...env, COMIC_QUEUE_LOG: 'silent' } };
  await admin.acl('LOG', 'RESET');

  const codes = [];
  for (const line of [
    'enqueue comics 1-40 4000',
    'enqueue comics 1-3 --baseline',
    'rate comics 1000/s',
    'pause comics',
    'resume comics',
    'watch comics --from 3000',
    'work --drain',
    'watch',
    'watch comics --stop',
    'enqueue comics 50-60',
    'cancel run-3',
    'work --drain',
    'status',
    'runs',
    'failed run-1',
    'wait run-1',
    'doctor',
  ]) {
    codes.push((await runInProcess(line.split(' '), there)).exitCode);
  }
  const board = await startCommandLine(['dashboard', '--port', '0'], { env });
  const [url = ''] = await board.untilSaid(/http:\/\/127\.0\.0\.1:\d+/);
  const pages = ['readyz', 'api/throughput', 'api/queues', 'api/runs/1', 'metrics', 'results'];
  const answers = await Promise.all(pages.map((page) => fetch(`${url}/${page}`)));
  board.signal('SIGTERM');
  await board.ended;

  expect(codes).toEqual(codes.map(() => EXIT.ok));
  expect(answers.map(({ status }) => status)).toEqual(pages.map(() => 200));
  expect(await denied()).toEqual([]);
  expect(await doctorOn('rights')).toEqual([]);
});

test.for(['hincrby', 'bzpopmin', 'wait', 'multi', 'set'])(
  'doctor names %s where it is denied',
  async (command) => {
    await setRules(`${ACL_RULES} -${command}`);

    expect(await doctorOn('rights')).toMatchObject([
      { level: 'fail', text: expect.stringContaining(`what is needed: ${command}. Allow it`) },
    ]);
    expect(await admin.keys('*probe')).toEqual([]);
  },
);

test('doctor names the keys where they are denied', async () => {
  await setRules(ACL_RULES.replace('~{comic-queue}:*', '~other:*'));

  expect(await doctorOn('rights')).toMatchObject([
    { level: 'fail', text: expect.stringContaining('access to the keys {comic-queue}:*') },
  ]);
});
