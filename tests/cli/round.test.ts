import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CheckResult } from '../../cli/commands/doctor.js';
import { settingsOf } from '../../cli/commands/origin.js';
import { createOrigin, type Origin } from '../../origin/server.js';
import { EXIT } from '../../shared/base/errors.js';
import { recordFailure } from '../../shared/queues/circuit-breaker.js';
import { KEYS } from '../../shared/redis/keys.js';
import { openRunsQueue } from '../../shared/queues/queue.js';
import { createRun } from '../../shared/runs/run-store.js';
import type { TestRedis } from '../support/redis-server.js';
import {
  runCommandLine,
  runInProcess,
  startCommandLine,
  temporaryDirectory,
  useStandIn,
} from './command-line.js';

let redis: TestRedis;
let origin: Origin;
let env: Record<string, string>;

useStandIn((there) => {
  ({ redis, origin, env } = there);
});

test('enqueue, work and look: a person sees what was asked, done and kept', async () => {
  const cwd = await temporaryDirectory();
  const there = { cwd, env };
  const place = `REDIS_URL=${redis.url}`;
  const idle = await runInProcess(['enqueue', 'comics', '7', '7'], there);
  expect(idle).toEqual({
    exitCode: EXIT.ok,
    stdout: 'run-1\n',
    stderr:
      'run-1: 2 asked for, 1 duplicate, 1 queued in comics\n' +
      `No worker is connected. Start one: ${place} COMIC_QUEUE_COMIC_URL='${env['COMIC_QUEUE_COMIC_URL']}' comic-queue work\n` +
      `Wait for it: ${place} comic-queue wait run-1\n`,
  });

  const worker = await startCommandLine(['work', '-c', '5'], there);
  await worker.untilSaid(/Ctrl-C takes no more/);
  const stored = await runInProcess(['enqueue', 'comics', '1-20', '404', '5', '--wait'], there);
  const kept = await runInProcess(['enqueue', 'comics', '1-20', '--wait', '--json'], there);

  expect(stored).toMatchObject({
    exitCode: EXIT.ok,
    stderr: 'run-2: 22 asked for, 1 duplicate, 21 queued in comics\n',
  });
  expect(stored.stdout).toMatch(/^run-2 ended: 21 comics in [\d.]+ m?s\n/);
  expect(stored.stdout).toContain(
    '\n  22 asked for, 1 duplicate, 21 queued\n  ██████████████████▓▒ 19 stored, 1 kept, 1 missing\n',
  );
  expect(JSON.parse(kept.stdout)).toMatchObject({
    name: 'run-3',
    state: 'ended',
    queued: 20,
    outcomes: { kept: 20 },
  });
  expect(await readdir(join(cwd, 'data', 'comics'))).toHaveLength(20);

  worker.signal('SIGTERM');
  expect(await worker.ended).toMatchObject({ exitCode: EXIT.ok, stdout: '' });

  const runs = await runInProcess(['runs'], there);
  expect(runs.stdout.split('\n').map((line) => line.split(/\s+/).slice(0, 4))).toEqual([
    ['RUN', 'STATE', 'JOBS', 'DONE'],
    ['run-3', 'ended', '20', 'comics'],
    ['run-2', 'ended', '21', 'comics'],
    ['run-1', 'ended', '1', 'comic'],
    [''],
  ]);
  const sound = await runInProcess(['verify'], there);
  expect(sound).toEqual({
    exitCode: EXIT.ok,
    stdout: './data: 20 comics; 20 sound, 0 damaged\n',
    stderr: '',
  });
  await damageResults(join(cwd, 'data', 'comics'));
  const damaged = await runInProcess(['verify'], there);
  expect(damaged).toMatchObject({ exitCode: EXIT.jobFailed, stderr: '' });
  expect(damaged.stdout).toMatch(
    /^comics\/7\.json has .* size .*\ncomics\/8\.json cannot be read\n/,
  );
  expect(damaged.stdout).toContain(`: ${place} comic-queue enqueue comics 7 8 --refetch\n`);
});

/** Leaves one result too short, and a directory in the place of another. */
async function damageResults(comics: string): Promise<void> {
  await writeFile(join(comics, '7.json'), '{}');
  await rm(join(comics, '8.json'));
  await mkdir(join(comics, '8.json'));
}

test('what is damaged is input for another run, and no input is nothing to do', async () => {
  const cwd = await temporaryDirectory();
  const there = { cwd, env };
  await runInProcess(['get', 'comics', '6-8'], there);
  await writeFile(join(cwd, 'data', 'comics', '7.json'), '{}');

  const input = await runInProcess(['verify', '--input', 'comics'], there);
  expect(input).toEqual({
    exitCode: EXIT.jobFailed,
    stdout: '7\n',
    stderr: './data: 1 of the comics are damaged\n',
  });
  const mended = await runInProcess(['get', 'comics', '--refetch', '--input', '-'], {
    ...there,
    stdin: input.stdout,
  });
  expect(mended.stdout).toContain('1 stored');
  const none = await runInProcess(['verify', '--input', 'comics'], there);
  expect(none).toMatchObject({ exitCode: EXIT.ok, stdout: '' });
  for (const verb of ['enqueue', 'get']) {
    const nothing = await runInProcess([verb, 'comics', '--input', '-'], {
      ...there,
      stdin: `# nothing\n\n${none.stdout}`,
    });
    expect(nothing).toEqual({
      exitCode: EXIT.ok,
      stdout: '',
      stderr: 'Nothing to do: the input is empty.\n',
    });
  }
});

describe('a run that fails', () => {
  test('exits 1, lists what failed as input, and is tried again', async () => {
    const cwd = await temporaryDirectory();
    const broken = createOrigin({ faults: ['500'] });
    await broken.start();
    try {
      const there = { cwd, env: { ...env, ...settingsOf(broken.url), COMIC_QUEUE_LOG: 'silent' } };
      const asked = await runInProcess(['enqueue', 'comics', '3', '4', '--attempts', '1'], there);
      const name = asked.stdout.trim();
      const drained = await runInProcess(['work', '--drain'], there);
      const waited = await runInProcess(['wait', name], there);
      const failed = await runInProcess(['failed', name], there);
      const again = await runInProcess(['retry', name, '--json'], there);

      expect(drained.exitCode).toBe(EXIT.jobFailed);
      expect(waited.exitCode).toBe(EXIT.jobFailed);
      expect(waited.stdout).toContain(
        `See what failed: REDIS_URL=${redis.url} comic-queue failed ${name}\n`,
      );
      expect(failed.stdout).toMatch(
        /^# r\d+\.1 server-error: .*\n3\n# r\d+\.2 server-error: .*\n4\n$/,
      );
      const retried: { name: string } = JSON.parse(again.stdout);
      expect(retried).toMatchObject({ state: 'sealed', queued: 2 });
      const dry = await runInProcess(['enqueue', 'comics', '--input', '-', '--dry-run'], {
        ...there,
        stdin: failed.stdout,
      });
      expect(dry).toEqual({
        exitCode: EXIT.ok,
        stdout: '2 asked for, 0 duplicates, 2 queued in comics (dry run: nothing was queued)\n',
        stderr: '',
      });
      await runInProcess(['cancel', retried.name], there);
    } finally {
      await broken.stop();
    }
  });
});

describe('pause, resume and rate', () => {
  test('are seen in the status', async () => {
    const paused = await runInProcess(['pause', 'sleeps'], { env });
    await runInProcess(['rate', 'comics', '600/m'], { env });
    const status = await runInProcess(['status', '--json'], { env });
    const shown = await runInProcess(['status'], { env });
    await runInProcess(['resume', 'sleeps'], { env });
    await runInProcess(['rate', 'comics', 'off'], { env });
    const after = await runInProcess(['status', '--json'], { env });

    expect(paused).toMatchObject({ exitCode: EXIT.ok, stdout: '' });
    expect(queuesOf(status.stdout)).toMatchObject({
      sleeps: { pause: { reason: 'by hand', leftMs: null } },
      comics: { intervalMs: 100 },
    });
    expect(shown.stdout).toMatch(
      /^! sleeps is paused by hand\. Go on with: .*comic-queue resume sleeps$/m,
    );
    expect(shown.stdout).toMatch(/^! no worker of comics is connected\. Start one: .* work$/m);
    expect(queuesOf(after.stdout)).toMatchObject({
      sleeps: { pause: null },
      comics: { intervalMs: null },
    });
  });
});

test('a paused queue of runs is named, and resumed like any other', async () => {
  const runsQueue = openRunsQueue(redis.connect());
  await runsQueue.pause();

  const paused = await runInProcess(['status'], { env });
  const resumed = await runInProcess(['resume', 'runs'], { env });
  const after = await runInProcess(['status', '--json'], { env });

  expect(paused.stdout).toMatch(
    /^! runs is paused, so no run ends\. Go on with: .*comic-queue resume runs$/m,
  );
  expect(resumed).toMatchObject({ exitCode: EXIT.ok, stderr: 'runs is worked again.\n' });
  expect(JSON.parse(after.stdout)).toMatchObject({ trackersPaused: false });
});

/** The queues of a status document, by their names. */
function queuesOf(text: string): Record<string, object> {
  const { queues }: { queues: { readonly queue: string }[] } = JSON.parse(text);
  return Object.fromEntries(queues.map((queue) => [queue.queue, queue]));
}

test('a dry run of --resume says what is left, and queues nothing', async () => {
  const connection = redis.connect();
  const run = await createRun(connection, openRunsQueue(connection), {
    kind: 'sleep',
    baseline: false,
    selection: '0',
    digest: 'x',
    site: '',
    refetch: false,
    times: 5,
    attempts: 1,
    asked: 1,
    duplicates: 0,
    total: 5,
  });
  const command = ['enqueue', '--dry-run', '--resume', `run-${run}`];

  const ended = await runInProcess(command, { env });

  expect(ended.stdout).toBe(
    `run-${run}: 5 of 5 sleeps left to queue in sleeps (dry run: nothing was queued)\n`,
  );
  expect(await connection.hget(KEYS.run(run), 'acknowledged')).toBe('0');
});

test('--data may stand before the command, too', async () => {
  const cwd = await temporaryDirectory();

  const { exitCode, stdout } = await runInProcess(['--data', 'there', '--json', 'verify'], {
    cwd,
  });

  expect({ exitCode, out: (JSON.parse(stdout) as { out: string }).out }).toEqual({
    exitCode: EXIT.ok,
    out: 'there',
  });
});

test('doctor looks at everything and contacts no site', async () => {
  const cwd = await temporaryDirectory();
  const { exitCode, stdout } = await runInProcess(['doctor', '--json'], { cwd, env });

  expect(exitCode).toBe(EXIT.ok);
  const { checks }: { checks: CheckResult[] } = JSON.parse(stdout);
  const levels = checks.map(({ about, level }) => `${about} ${level}`);
  expect(levels).toEqual(
    expect.arrayContaining(['results ok', 'redis ok', 'persistence ok', 'clock ok', 'site ok']),
  );
});

test('doctor names what keeps a queue from being worked', async () => {
  const cwd = await temporaryDirectory();
  const connection = redis.connect();
  for (const jobId of ['r1.1', 'r1.2', 'r1.3', 'r1.4', 'r1.5']) {
    const failure = {
      jobId,
      reason: 'dns',
      probe: false,
      giveUpAfterMs: 60_000,
      random: 1,
    } as const;
    await recordFailure(connection, 'search', failure);
  }

  const { stdout } = await runInProcess(['doctor'], { cwd, env });
  await connection.del(KEYS.site('search'), KEYS.siteFailures('search'));

  expect(stdout).toMatch(
    /warn {2}searches waits: the site does not answer \(dns\), asked again .*comic-queue resume searches\n/,
  );
  expect(stdout).not.toMatch(/warn {2}comics/);
});

test('the query of a site, which may hold a key, is never shown nor stored', async () => {
  const cwd = await temporaryDirectory();
  const url = `${env['COMIC_QUEUE_COMIC_URL']}?key=planted-key&of={id}`;
  const there = { cwd, env: { ...env, COMIC_QUEUE_COMIC_URL: url, COMIC_QUEUE_LOG: 'debug' } };

  const said = [];
  for (const line of [
    'enqueue comics 2001-2003 --dry-run --json',
    'enqueue comics 2001-2003 --json',
    'status',
    'work --kinds comics --drain',
    'runs --json',
    'doctor',
  ]) {
    // A worker logs to the stderr of its process.
    const run = line.startsWith('work') ? runCommandLine : runInProcess;
    const { exitCode, stdout, stderr } = await run(line.split(' '), there);
    expect(exitCode).toBe(EXIT.ok);
    said.push(stdout, stderr);
  }
  const data = join(cwd, 'data');
  for (const entry of await readdir(data, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) said.push(await readFile(join(entry.parentPath, entry.name), 'utf8'));
  }
  const connection = redis.connect();
  await connection.config('SET', 'rdbcompression', 'no');
  for (const key of await connection.keys('*')) {
    said.push((await connection.dumpBuffer(key))?.toString('latin1') ?? '');
  }

  expect(said.join('')).toContain('?key=[hidden]&of=2001');
  expect(said.join('')).toContain('?key=[hidden]&of={id}\n');
  expect(said.join('')).not.toContain('planted-key');
});

test('a proxy that is no URL ends a worker with 78', async () => {
  const ending = await runCommandLine(['work'], { env: { ...env, HTTPS_PROXY: 'secret:x:y' } });

  expect(ending).toMatchObject({ exitCode: EXIT.badConfig, stdout: '' });
  expect(JSON.parse(ending.stderr)).toMatchObject({
    msg: 'Cannot use the proxy in HTTPS_PROXY: it is not an http:// or https:// URL, such as http://proxy.example:3128',
  });
});

test.each([
  ['/nowhere', 'work --processes 2 --drain'],
  ['/proc', 'work --drain'],
])('no command needs TMPDIR, which is %s', async (TMPDIR, work) => {
  const there = { cwd: await temporaryDirectory(), env: { ...settingsOf(origin.url), TMPDIR } };

  const endings = [];
  for (const line of ['enqueue comics 614', work, 'doctor']) {
    endings.push(await runCommandLine(line.split(' '), there));
  }
  endings.push(await runInProcess(['verify'], there));

  expect(endings.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0]);
  expect(endings.map(({ stderr }) => stderr).join('')).not.toMatch(/nowhere|ENOENT|EACCES/);
  expect(endings.at(-1)?.stdout).toContain('1 sound, 0 damaged');
});

test('settings come from .env, and what means nothing there is named', async () => {
  const cwd = await temporaryDirectory();
  await writeFile(
    join(cwd, '.env'),
    `REDIS_URL=${redis.url}\nCOMIC_QUEUE_OUT=elsewhere\nCOMIC_QUEUE_OTU=x\n`,
  );

  const { exitCode, stdout, stderr } = await runInProcess(['verify'], { cwd });

  expect({ exitCode, stdout }).toEqual({
    exitCode: EXIT.ok,
    stdout: 'elsewhere: no results; 0 sound, 0 damaged\n',
  });
  expect(stderr).toBe(
    'comic-queue: warning: COMIC_QUEUE_OTU is set but means nothing here. Did you mean COMIC_QUEUE_OUT?\n',
  );
});

test('the results of the stand-in are its bytes', async () => {
  const cwd = await temporaryDirectory();
  await runInProcess(['enqueue', 'comics', '614'], { cwd, env });
  await runInProcess(['work', '-q', '--drain', '--kinds', 'comics'], { cwd, env });

  const answer = await fetch(`${origin.url}/614/info.0.json`);
  expect(await readFile(join(cwd, 'data', 'comics', '614.json'), 'utf8')).toBe(await answer.text());
});
