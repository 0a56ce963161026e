import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createOrigin } from '../../origin/server.js';
import { EXIT } from '../../shared/base/errors.js';
import { queueKeys } from '../../shared/queues/queue-keys.js';
import { until } from '../support/condition.js';
import { startTestRedis, type TestRedis } from '../support/redis-server.js';
import {
  type Ending,
  runCommandLine,
  runInProcess,
  startCommandLine,
  temporaryDirectory,
} from './command-line.js';

async function redisWith(...args: string[]): Promise<TestRedis> {
  const redis = await startTestRedis(args);
  onTestFinished(() => redis.stop());
  return redis;
}

/** A port on which connections are taken and nothing is ever said. */
async function silentPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('It has no port');
  return address.port;
}

describe('a Redis that cannot be reached ends a command with 69', () => {
  test('at once when nobody listens, without its password', async () => {
    const { exitCode, stdout, stderr } = await runInProcess(['runs'], {
      env: { REDIS_URL: 'redis://user:planted-secret@127.0.0.1:1/0' },
    });

    expect({ exitCode, stdout }).toEqual({ exitCode: EXIT.unavailable, stdout: '' });
    expect(stderr).toBe(
      'comic-queue: Cannot reach Redis at 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1. Start it, or correct REDIS_URL\n',
    );
  });

  test('within seconds when it is silent', async () => {
    const port = await silentPort();
    const startedAtMs = performance.now();

    const { exitCode, stderr } = await runCommandLine(['work'], {
      env: { REDIS_URL: `redis://127.0.0.1:${port}` },
    });

    expect(exitCode).toBe(EXIT.unavailable);
    expect(stderr).toContain(`Cannot reach Redis at 127.0.0.1:${port}`);
    expect(performance.now() - startedAtMs).toBeLessThan(30_000);
  });

  test('when the password is wrong', async () => {
    const redis = await redisWith();
    await redis.connect().config('SET', 'requirepass', 'right');
    const { exitCode, stderr } = await runInProcess(['runs'], { env: { REDIS_URL: redis.url } });

    expect(exitCode).toBe(EXIT.unavailable);
    expect(stderr).toContain('it asks for a password. Set REDIS_PASSWORD');
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

test.for([
  'redis://planted-user:planted-secret@127.0.0.1:1/0',
  'redis://:planted%2Dsecret@127.0.0.1:1',
  'redis://:planted@secret@127.0.0.1:1',
  'redis://:planted/secret@127.0.0.1:1',
  'redis://127.0.0.1:1?password=planted-secret',
  'rediss://:planted-secret@127.0.0.1:1',
  'unix://planted-user:planted-secret@/none/redis.sock',
  'unix://:planted-secret@none/redis.sock',
  'unix:///none/redis.sock?db=0&password=planted-secret',
  'redis+sentinel://:planted-secret@127.0.0.1:1/main',
  'redis+cluster://:planted-secret@127.0.0.1:1',
  'planted-secret',
])('no part of a password is shown of %s', async (url) => {
  const env = {
    REDIS_URL: url,
    REDIS_PASSWORD: 'planted-password',
    REDIS_SENTINEL_PASSWORD: 'planted-sentinel',
    COMIC_QUEUE_LOG: 'debug',
    COMIC_QUEUE_LOG_FORMAT: 'text',
  };
  const { exitCode, stdout, stderr } = await runInProcess(['runs'], { env });

  expect([EXIT.unavailable, EXIT.badConfig]).toContain(exitCode);
  expect(stderr).toContain('comic-queue: Cannot');
  expect(stdout + stderr).not.toMatch(/planted|secret/);
});

test('no part of a password is shown in a log of JSON', async () => {
  const REDIS_URL = 'redis://planted-user:planted-secret@127.0.0.1:1/0';
  const env = { REDIS_URL, REDIS_PASSWORD: 'planted-password', COMIC_QUEUE_LOG: 'debug' };

  const { exitCode, stdout, stderr } = await runCommandLine(['runs'], { env });

  expect(exitCode).toBe(EXIT.unavailable);
  expect(stderr).toMatch(/^\{"level":20,/m);
  expect(stdout + stderr).not.toMatch(/planted|secret/);
});

test('a password may stand in a file, and a database is chosen', async () => {
  const redis = await redisWith('--appendonly', 'yes');
  await redis.connect().config('SET', 'requirepass', 'right');
  const cwd = await temporaryDirectory();
  await writeFile(join(cwd, 'password'), 'right\n');
  const login = { REDIS_PASSWORD_FILE: 'password' };

  const runsIn = (db: number): Promise<Ending> =>
    runInProcess(['runs'], { cwd, env: { ...login, REDIS_URL: `${redis.url}?db=${db}` } });

  const first = await runsIn(1);
  const refused = await runsIn(99);

  expect(first).toMatchObject({ exitCode: EXIT.ok });
  expect(refused).toMatchObject({ exitCode: EXIT.badConfig, stdout: '' });
  expect(refused.stderr).toMatch(/^comic-queue: Cannot use the database .* out of range.*\n$/);
});

describe('a Redis that would lose jobs', () => {
  test('is refused with 78 when it throws out keys', async () => {
    const redis = await redisWith('--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru');
    const { exitCode, stderr } = await runInProcess(['runs'], { env: { REDIS_URL: redis.url } });

    expect(exitCode).toBe(EXIT.badConfig);
    expect(stderr).toBe(
      'comic-queue: Redis throws out keys when its memory is full (maxmemory-policy allkeys-lru), jobs among them: run CONFIG SET maxmemory-policy noeviction\n',
    );
  });

  test('is warned of when it keeps no file', async () => {
    const redis = await redisWith();
    const { exitCode, stderr } = await runInProcess(['runs'], { env: { REDIS_URL: redis.url } });

    expect(exitCode).toBe(EXIT.ok);
    expect(stderr).toContain('comic-queue: warning: Redis has no append-only file');
  });
});

describe('a Redis that goes away in the middle', () => {
  async function persistent(): Promise<TestRedis> {
    return redisWith('--appendonly', 'yes');
  }

  async function kill(redis: TestRedis): Promise<void> {
    redis.process.kill('SIGKILL');
    await once(redis.process, 'exit');
  }

  const SAID = /warning: Lost the connection to Redis: start it again\. Trying again for 30 s\n/g;

  test('is waited for while a run is: the waiting goes on, and says so once', async () => {
    const redis = await persistent();
    const env = { REDIS_URL: redis.url };
    const waiting = await startCommandLine(['enqueue', 'sleeps', '0', '--wait'], { env });
    await waiting.untilSaid(/no worker connected/);

    await kill(redis);
    await waiting.untilSaid(/Trying again for 30 s/);
    await redis.restart();
    const worker = await runInProcess(['work', '--kinds', 'sleeps', '--drain'], { env });

    expect(worker).toMatchObject({ exitCode: EXIT.ok });
    const { exitCode, stdout, stderr } = await waiting.ended;
    expect(exitCode).toBe(EXIT.ok);
    expect(stdout).toMatch(/^run-1 ended: 1 sleep /);
    expect(stderr.match(SAID)).toHaveLength(1);
  });

  test('is waited for while jobs are added: all of them are queued', async () => {
    const redis = await persistent();
    const env = { REDIS_URL: redis.url };
    const connection = redis.connect();
    const producer = await startCommandLine(['enqueue', 'comics', '1-30000'], { env });
    const { waiting } = queueKeys('comics');
    await until('the first jobs', async () => (await connection.llen(waiting)) > 0);

    await kill(redis);
    await producer.untilSaid(/Trying again for 30 s/);
    await redis.restart();

    expect(await producer.ended).toMatchObject({ exitCode: EXIT.ok, stdout: 'run-1\n' });
    expect(producer.stderr).toContain('30,000 queued in comics');
    const status = await runInProcess(['status', '--json'], { env });
    expect(status.stdout).toContain('"queue":"comics","waiting":30000,');
  });

  test('is waited for by a status that is watched', async () => {
    const redis = await persistent();
    const env = { REDIS_URL: redis.url };
    const watching = await startCommandLine(['status', '--watch', '--json'], { env });
    await watching.untilSaid(/"queues"/);

    await kill(redis);
    await watching.untilSaid(/Trying again for 30 s/);
    const before = watching.stdout.length;
    await redis.restart();
    await until('another line', () => watching.stdout.length > before);
    watching.signal('SIGINT');

    expect(await watching.ended).toMatchObject({ exitCode: EXIT.ok });
    expect(watching.stderr.match(SAID)).toHaveLength(1);
  });

  test('and stays away ends waiting with 69, and says that the run goes on', async () => {
    const redis = await persistent();
    const args = ['enqueue', 'sleeps', '60', '--wait', '--timeout', '4s'];
    const waiting = await startCommandLine(args, { env: { REDIS_URL: redis.url } });
    await waiting.untilSaid(/no worker connected/);

    await kill(redis);

    expect(await waiting.ended).toMatchObject({ exitCode: EXIT.unavailable, stdout: '' });
    expect(waiting.stderr).toMatch(
      /comic-queue: Lost the connection to Redis: start it again\. run-1 goes on with it: REDIS_URL=\S+ comic-queue wait run-1\n$/,
    );
  });
});

test('a transaction that Redis refuses ends a command as any refused command does', async () => {
  const server = await startTestRedis(['--appendonly', 'yes', '--replicaof', '127.0.0.1', '1']);
  onTestFinished(() => server.stop());

  const ended = await runInProcess(['rate', 'comics', '10/s'], {
    env: { REDIS_URL: server.url },
  });

  expect(ended.exitCode).toBe(EXIT.unavailable);
  expect(ended.stderr).toContain('Redis is a read-only replica: name the primary in REDIS_URL');
});

describe('what cannot be used ends a command', () => {
  test('with 73: a data directory below a file', async () => {
    const cwd = await temporaryDirectory();
    await writeFile(join(cwd, 'file'), '');

    const { exitCode, stderr } = await runInProcess(['runs', '--data', 'file/data'], { cwd });

    expect(exitCode).toBe(EXIT.cannotWrite);
    expect(stderr).toMatch(/^comic-queue: Cannot write to the data directory file\/data: .*\n$/);
  });

  test('with 69: what answers in the place of Redis and is none', async () => {
    const site = createOrigin();
    await site.start();
    const { host } = new URL(site.url);

    const ended = await runInProcess(['runs'], { env: { REDIS_URL: `redis://${host}` } });
    await site.stop();

    expect(ended).toEqual({
      exitCode: EXIT.unavailable,
      stdout: '',
      stderr: `comic-queue: Cannot use Redis at ${host}: it answers, but not as Redis does. Correct the host and the port in REDIS_URL\n`,
    });
  });

  test('with 73: a file for a data directory, and what the system says in words', async () => {
    const cwd = await temporaryDirectory();
    await writeFile(join(cwd, 'file'), '');

    const runs = await runInProcess(['runs', '--data', 'file'], { cwd });
    const doctor = await runInProcess(['doctor', '--data', 'file'], { cwd });

    expect(runs).toMatchObject({
      exitCode: EXIT.cannotWrite,
      stderr: `comic-queue: Cannot write to the data directory file: a file is in its place (EEXIST). Choose another with --data, or set REDIS_URL.\n`,
    });
    expect(doctor.exitCode).toBe(EXIT.cannotWrite);
    expect(doctor.stdout).toMatch(
      /^fail {2}Cannot write to the data directory file: a file is in its place \(EEXIST\)/m,
    );
  });

  test('with 73: a bucket whose region is not known', async () => {
    const cwd = await temporaryDirectory();
    const env = { AWS_CONFIG_FILE: '/dev/null' };

    const verified = await runInProcess(['verify', '--out', 's3://results/x'], { cwd, env });

    expect(verified).toMatchObject({
      exitCode: EXIT.cannotWrite,
      stderr: expect.stringMatching(
        /^comic-queue: Cannot list s3:\/\/results\/x\/.*: no region is set: add \?region=… .*--out\.\n$/,
      ) as string,
    });
  });

  test('with 73: results below a file', async () => {
    const redis = await redisWith('--appendonly', 'yes');
    const cwd = await temporaryDirectory();
    await writeFile(join(cwd, 'file'), '');

    const { exitCode, stderr } = await runCommandLine(['work', '--out', 'file/out'], {
      cwd,
      env: { REDIS_URL: redis.url },
    });

    expect(exitCode).toBe(EXIT.cannotWrite);
    expect(JSON.parse(stderr)).toMatchObject({
      level: 50,
      msg: expect.stringMatching(/^Cannot .*file\/out/) as string,
    });
  });

  test('with 78: results of another site', async () => {
    const redis = await redisWith('--appendonly', 'yes');
    const cwd = await temporaryDirectory();
    await mkdir(join(cwd, 'data', '.sites'), { recursive: true });
    await writeFile(join(cwd, 'data', '.sites', 'comics'), 'https://other.example/{id}\n');
    await mkdir(join(cwd, 'data', 'comics'));
    await writeFile(join(cwd, 'data', 'comics', '614.json'), '{}');

    const { exitCode, stderr } = await runCommandLine(['work'], {
      cwd,
      env: { REDIS_URL: redis.url },
    });

    expect(exitCode).toBe(EXIT.badConfig);
    expect(stderr).toContain('--out');
  });

  test('with 66: no such run, and no such file', async () => {
    const redis = await redisWith('--appendonly', 'yes');
    const env = { REDIS_URL: redis.url };

    const endings = [
      await runInProcess(['wait', 'run-9'], { env }),
      await runInProcess(['failed', '9'], { env }),
      await runInProcess(['enqueue', 'comics', '--input', 'nowhere.txt'], { env }),
    ];

    expect(endings.map(({ exitCode }) => exitCode)).toEqual([66, 66, 66]);
  });
});
