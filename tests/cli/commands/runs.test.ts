import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { settingsOf } from '../../../cli/commands/origin.js';
import { createOrigin, type Origin } from '../../../origin/server.js';
import { EXIT } from '../../../shared/base/errors.js';
import { KEYS } from '../../../shared/redis/keys.js';
import { startTestRedis, type TestRedis } from '../../support/redis-server.js';
import { runInProcess, temporaryDirectory } from '../command-line.js';

let redis: TestRedis;
let origin: Origin;
let broken: Origin;
let env: Record<string, string>;

beforeAll(async () => {
  redis = await startTestRedis(['--appendonly', 'yes']);
  origin = createOrigin({ latest: 3000 });
  broken = createOrigin({ faults: ['500'] });
  await Promise.all([origin.start(), broken.start()]);
  env = { REDIS_URL: redis.url, ...settingsOf(origin.url) };
});

afterAll(async () => {
  await Promise.all([origin.stop(), broken.stop()]);
  await redis.stop();
});

describe('without an argument', () => {
  test('there must be a run', async () => {
    for (const verb of ['wait', 'failed', 'retry']) {
      expect(await runInProcess([verb], { env })).toEqual({
        exitCode: EXIT.noInput,
        stdout: '',
        stderr: expect.stringMatching(
          /^comic-queue: There are no runs yet\. Make one: .*comic-queue enqueue comics 1-200\n$/,
        ) as string,
      });
    }
  });

  test('the newest run is meant', async () => {
    await runInProcess(['enqueue', 'sleeps', '0'], { env });
    const failing = { env: { ...env, ...settingsOf(broken.url), COMIC_QUEUE_LOG: 'silent' } };
    const got = await runInProcess(
      ['get', 'comics', '3', '4', '--attempts', '1', '--name', 'nightly', '--refetch'],
      failing,
    );

    const waited = await runInProcess(['wait'], { env });
    const failed = await runInProcess(['failed'], { env });
    const status = await runInProcess(['status'], { env });
    const retried = await runInProcess(['retry', '--json'], failing);

    expect(waited).toEqual({ exitCode: EXIT.jobFailed, stdout: got.stdout, stderr: '' });
    expect(failed.stdout).toMatch(/^# r2\.1 server-error: .*\n3\n# r2\.2 server-error: .*\n4\n$/);
    expect(status.stdout).toContain('\n\nrun-2 (nightly) ended: 2 comics in ');
    expect(JSON.parse(retried.stdout)).toMatchObject({ name: 'run-3', queued: 2, refetch: true });
  });
});

test('runs and status list the same, without block characters on a dumb terminal', async () => {
  const dumb = { env: { ...env, TERM: 'dumb' } };
  const runs = await runInProcess(['runs'], dumb);
  const status = await runInProcess(['status'], dumb);
  const [listed, shown] = await Promise.all(
    ['runs', 'status'].map((verb) => runInProcess([verb, '--json'], { env })),
  );

  expect(`${runs.stdout}${status.stdout}`).toMatch(/ x{6} 100 %/);
  expect(`${runs.stdout}${status.stdout}`).not.toMatch(/[█▓▒░×]/);
  const newest: unknown = expect.objectContaining({ name: expect.stringMatching(/^run-\d+$/) });
  expect(JSON.parse(listed?.stdout ?? '')).toMatchObject({ runs: [newest, {}, {}] });
  expect(JSON.parse(shown?.stdout ?? '')).toMatchObject({ runs: [newest, {}, {}] });
});

describe('a data directory in which nothing was ever queued', () => {
  const EMPTY = /Nothing was ever queued in \S+mistyped; /;
  const NO_RUNS = /queued in .*\n.*There are no runs yet\. Make one: .* --data \S+mistyped\n$/;

  test.each([
    ['runs', EXIT.ok, NO_RUNS],
    ['runs --json', EXIT.ok, EMPTY],
    ['status', EXIT.ok, EMPTY],
    ['watch', EXIT.ok, EMPTY],
    ['watch comics --stop', EXIT.ok, /queued in .*\ncomics were not watched\.\n$/],
    ['verify', EXIT.ok, /^$/],
    ['wait', EXIT.noInput, NO_RUNS],
    ['status run-7', EXIT.noInput, NO_RUNS],
    ['failed', EXIT.noInput, NO_RUNS],
    ['retry nightly', EXIT.noInput, NO_RUNS],
    ['cancel run-7', EXIT.noInput, NO_RUNS],
    ['forget run-7', EXIT.noInput, NO_RUNS],
    ['doctor --alive', EXIT.unavailable, /^$/],
  ])('%s leaves it as it is, and says so', async (line, exitCode, stderr) => {
    const place = await temporaryDirectory();
    const data = join(place, 'mistyped');

    const ending = await runInProcess([...line.split(' '), '--data', data], {});

    expect(ending.exitCode).toBe(exitCode);
    expect(ending.stderr).toMatch(stderr);
    expect(`${ending.stdout}${ending.stderr}`).toContain(data);
    expect(await readdir(place)).toEqual([]);
  });

  test('has empty queues and no runs in JSON', async () => {
    const data = join(await temporaryDirectory(), 'mistyped');

    const runs = await runInProcess(['runs', '--json', '--data', data], {});
    const status = await runInProcess(['status', '--json', '--data', data], {});

    expect(JSON.parse(runs.stdout)).toEqual({ runs: [] });
    expect(JSON.parse(status.stdout)).toMatchObject({
      queues: expect.arrayContaining([
        expect.objectContaining({ queue: 'comics', waiting: 0, pause: null }),
      ]) as unknown,
      workers: [],
      runs: [],
    });
  });
});

describe('failed --reason', () => {
  test('lists what failed for one of the reasons alone', async () => {
    const one = ['failed', 'run-2', '--reason', 'connection'];

    const none = await runInProcess(one, { env });
    const both = await runInProcess([...one, '--reason', 'server-error', '--json'], { env });

    expect(none).toEqual({
      exitCode: EXIT.ok,
      stdout: '',
      stderr: 'Nothing failed with connection in run-2.\n',
    });
    expect(both.stdout.split('\n')).toHaveLength(3);
  });
});

describe('runs', () => {
  test('shows names, selections and sites', async () => {
    const { stdout } = await runInProcess(['runs'], { env });

    const row = stdout.split('\n').find((line) => line.startsWith('run-2 nightly '));
    expect(row).toMatch(/ 3 4 +127\.0\.0\.1:\d+$/);
  });

  test('shows those of a kind, a state and a name', async () => {
    expect(await namesOf(['--kind', 'comics'])).toEqual(['run-3', 'run-2']);
    expect(await namesOf(['--kind', 'comics', '--limit', '1'])).toEqual(['run-3']);
    expect(await namesOf(['--state', 'ended', '--limit', '1'])).toEqual(['run-2']);
    expect(await namesOf(['--name', 'nightly', '--state', 'sealed'])).toEqual([]);
    expect(await runInProcess(['runs', '--name', 'weekly'], { env })).toEqual({
      exitCode: EXIT.ok,
      stdout: '',
      stderr: 'No run is like that.\n',
    });
  });
});

describe('forget', () => {
  test('takes ended runs off the list, and none where one is mistyped or live', async () => {
    const live = await runInProcess(['forget', 'run-3'], { env });
    await runInProcess(['cancel', 'run-3'], { env });
    const cancelled = await runInProcess(['forget', 'run-3'], { env });
    const mistyped = await runInProcess(['forget', 'run-2', 'run-99'], { env });
    const before = await namesOf([]);
    const forgotten = await runInProcess(['forget', 'run-2'], { env });

    expect(live).toEqual({
      exitCode: EXIT.usage,
      stdout: '',
      stderr: `comic-queue: Cannot forget run-3: it has not ended. Cancel it first: REDIS_URL=${redis.url} comic-queue cancel run-3\n`,
    });
    expect(cancelled.stderr).toMatch(/it is cancelled, and ends as soon as .*comic-queue work\n$/);
    expect(mistyped.exitCode).toBe(EXIT.noInput);
    expect(before).toEqual(['run-3', 'run-2', 'run-1']);
    expect(forgotten).toEqual({
      exitCode: EXIT.ok,
      stdout: '',
      stderr: 'Forgotten: run-2. The results stay.\n',
    });
    expect(await namesOf([])).toEqual(['run-3', 'run-1']);
  });
});

describe('a run called by its name', () => {
  test('is the newest of that name, in every command', async () => {
    for (let count = 0; count < 2; count += 1) {
      await runInProcess(['get', 'comics', '403-405', '--refetch', '--name', 'weekly'], { env });
    }
    const say = async (...args: string[]): Promise<string> => {
      const { stdout, stderr } = await runInProcess(args, { env });
      return stdout + stderr;
    };

    expect(await say('wait', 'weekly')).toMatch(/^run-5 \(weekly\) ended: 3 comics/);
    expect(await say('status', 'weekly')).toMatch(/^run-5 \(weekly\) ended: 3 comics/);
    expect(await say('failed', 'weekly')).toBe('Nothing failed in run-5.\n');
    expect(await say('retry', 'weekly')).toContain('Cannot retry run-5: none of its jobs');
    expect(await say('cancel', 'weekly')).toBe('run-5 had ended before: nothing to cancel.\n');
    expect(await say('enqueue', '--resume', 'weekly')).toContain(
      'Cannot resume run-5: it is ended',
    );
    expect(await say('get', '--resume', 'weekly')).toMatch(/^run-5 \(weekly\) ended: 3 comics/);
    expect(await say('forget', 'weekly', 'run-5')).toContain('Forgotten: run-5.');
    expect(await say('wait', 'weekly')).toMatch(/^run-4 \(weekly\) ended: 3 comics/);
  });

  test.each([
    ['monthly', EXIT.noInput, 'Cannot find a run called monthly: there is none. List the runs: '],
    ['7x', EXIT.usage, '"7x" is not the name of a run, such as run-7. List the runs: '],
  ])('is none of the name %s', async (name, exitCode, message) => {
    const ended = await runInProcess(['wait', name], { env });

    expect(ended).toMatchObject({ exitCode, stderr: expect.stringContaining(message) as string });
  });
});

describe('failed --missing', () => {
  test('lists what the site has not, as input for another run', async () => {
    const { stdout } = await runInProcess(['failed', 'weekly', '--missing'], { env });
    const json = await runInProcess(['failed', 'weekly', '--missing', '--json'], { env });

    expect(stdout).toBe('# r4.2 not-found: the site answered 404\n404\n');
    expect(JSON.parse(json.stdout)).toMatchObject({ input: { id: 404 }, reason: 'not-found' });
  });

  test('says that nothing was missing, and how many are not listed', async () => {
    const none = await runInProcess(['failed', 'run-1', '--missing'], { env });
    await redis.connect().del(KEYS.missing(4));
    const older = await runInProcess(['failed', 'run-4', '--missing'], { env });

    expect(none.stderr).toContain('Nothing was missing yet: run-1 is not over');
    expect(older.stderr).toBe('0 are listed of the 1 that were missing.\n');
  });

  test.each([
    [['--reason', 'not-found'], 'no failure with the reason "not-found".* add --missing'],
    [['--missing', '--reason', 'timeout'], 'Nothing is missing for the reason "timeout"'],
  ])('refuses %j', async (flags, message) => {
    const ended = await runInProcess(['failed', 'run-1', ...flags], { env });

    expect(ended.exitCode).toBe(EXIT.usage);
    expect(ended.stderr).toMatch(new RegExp(message));
  });
});

async function namesOf(flags: readonly string[]): Promise<string[]> {
  const { stdout } = await runInProcess(['runs', '--json', ...flags], { env });
  const { runs }: { runs: { name: string }[] } = JSON.parse(stdout);
  return runs.map(({ name }) => name);
}
