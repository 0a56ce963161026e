import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { settingsOf } from '../../../cli/commands/origin.js';
import { createOrigin, type Origin } from '../../../origin/server.js';
import { EXIT } from '../../../shared/base/errors.js';
import { runInProcess, startCommandLine, temporaryDirectory, useStandIn } from '../command-line.js';

let origin: Origin;
let env: Record<string, string>;

useStandIn((there) => {
  ({ origin, env } = there);
});

/** A directory of its own, and the site that it asks. */
async function place(url = origin.url) {
  return { cwd: await temporaryDirectory(), env: { ...env, ...settingsOf(url) } };
}

describe('get', () => {
  test('queues, fetches, waits and says where the results are', async () => {
    const there = await place();

    const got = await runInProcess(['get', 'comics', '1-20', '404', '-c', '10'], there);

    expect(got).toMatchObject({ exitCode: EXIT.ok });
    expect(got.stderr).toMatch(
      /^run-\d+: 21 asked for, 0 duplicates, 21 queued in comics\n(.*\n)?Results: \.\/data\/comics\n$/,
    );
    expect(got.stdout).toMatch(/^run-\d+ ended: 21 comics in /);
    expect(got.stdout).toContain('20 stored, 1 missing');
    expect(await readdir(join(there.cwd, 'data', 'comics'))).toHaveLength(20);
  });

  test('fetches pictures too, which verify checks like all results', async () => {
    const there = await place();

    const got = await runInProcess(['get', 'comics', '1-4', '--pictures', '-c', '10'], there);
    await writeFile(join(there.cwd, 'data/pictures/4.png'), 'half');
    const verified = await runInProcess(['verify'], there);
    const damaged = await runInProcess(['verify', '--input', 'pictures'], there);

    expect(got).toMatchObject({ exitCode: EXIT.ok });
    expect(got.stdout).toMatch(/^run-\d+ ended: 4 comics .*[^]*^run-\d+ ended: 4 pictures/m);
    expect(got.stderr).toMatch(/^Results: \.\/data\/comics\nResults: \.\/data\/pictures$/m);
    const files = await readdir(join(there.cwd, 'data/pictures'));
    expect(files.toSorted()).toEqual(['1.png', '2.png', '3.jpg', '4.png']);
    expect(verified.stdout).toMatch(/^\.\/data: 4 comics, 4 pictures; 7 sound, 1 damaged$/m);
    expect(verified.stdout).toContain('enqueue pictures 4 --refetch');
    expect(damaged).toMatchObject({ exitCode: EXIT.jobFailed, stdout: '4\n' });
  });

  test('makes no pictures of searches', async () => {
    const got = await runInProcess(['get', 'searches', 'Yash', '--pictures'], await place());

    expect(got).toMatchObject({ exitCode: EXIT.usage });
    expect(got.stderr).toContain('--pictures goes with comics');
  });

  test('enqueues both runs, each with its own name, and says what would be queued', async () => {
    const there = await place();
    const both = ['enqueue', 'comics', '5-6', '6', '--pictures'];

    const dry = await runInProcess([...both, '--dry-run', '--json'], there);
    const queued = await runInProcess([...both, '--name', 'nightly'], there);
    const worked = await runInProcess(
      ['work', '--kinds', 'comics,pictures', '--drain', '-q'],
      there,
    );
    const runs = await runInProcess(['runs', '--name', 'nightly', '--json'], there);

    const facts = { asked: 3, duplicates: 1, queued: 2, selection: '5-6 6' };
    const documents = dry.stdout
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(documents).toMatchObject([
      { kind: 'comic', queue: 'comics', ...facts },
      { kind: 'picture', queue: 'pictures', site: `${origin.url}/comics/{file}`, ...facts },
    ]);
    expect(queued.stdout).toMatch(/^run-\d+\nrun-\d+\n$/);
    expect(worked).toMatchObject({ exitCode: EXIT.ok });
    expect(runs.stdout).toContain('"kind":"picture"');
  });

  test('ends with 1 where a job has failed', async () => {
    const broken = createOrigin({ faults: ['500'] });
    await broken.start();
    try {
      const there = await place(broken.url);

      const got = await runInProcess(['get', 'comics', '7', '--attempts', '1', '--json'], there);

      expect(got.exitCode).toBe(EXIT.jobFailed);
      expect(JSON.parse(got.stdout)).toMatchObject({ outcomes: { unavailable: 1 } });
    } finally {
      await broken.stop();
    }
  });

  test('resumes no run with the words of another', async () => {
    const there = await place();
    const first = await runInProcess(['get', 'comics', '1-3', '--json'], there);
    const { name }: { name: string } = JSON.parse(first.stdout);

    const same = await runInProcess(['get', 'comics', '1-3', '--resume', name], there);
    const other = await runInProcess(['get', 'comics', '5', '--resume', name], there);

    expect(same).toMatchObject({ exitCode: EXIT.ok });
    expect(other).toMatchObject({ exitCode: EXIT.usage, stdout: '' });
    expect(other.stderr).toContain(`Cannot resume ${name}: the selection is not the one`);
  });

  test('makes no run where the results cannot be written', async () => {
    const there = await place();
    await writeFile(join(there.cwd, 'taken'), '');

    const got = await runInProcess(['get', 'comics', '1', '--out', 'taken'], there);

    expect(got).toMatchObject({ exitCode: EXIT.cannotWrite, stdout: '' });
    expect(got.stderr).not.toContain('queued');
  });

  test('says what is missing where nothing was asked for', async () => {
    expect(await runInProcess(['get'])).toEqual({
      exitCode: EXIT.usage,
      stdout: '',
      stderr: 'comic-queue: Say what to queue, as in: comic-queue get comics 1-200\n',
    });
  });
});

describe('--front', () => {
  test('has a small run done before a long queue, and resumed and counted like any other', async () => {
    const there = await place();
    await runInProcess(['enqueue', 'comics', '1000-1399'], there);

    const got = await runInProcess(['get', 'comics', '1-5', '--front', '-c', '2'], there);
    const { stdout } = await runInProcess(['runs', '--limit', '2', '--json'], there);
    const dropped = await runInProcess(['enqueue', 'comics', '6-9', '--front'], there);
    await runInProcess(['cancel', dropped.stdout.trim()], there);
    const drained = await runInProcess(['work', '--kinds', 'comics', '--drain', '-q'], there);
    const after = await runInProcess(['runs', '--limit', '3', '--json'], there);

    expect(got.stdout).toContain('5 stored');
    const { runs }: Listed = JSON.parse(stdout);
    expect(runs.map(({ ended, state }) => [state, ended < 200])).toEqual([
      ['ended', true],
      ['sealed', true],
    ]);
    expect(drained.exitCode).toBe(EXIT.ok);
    const listed: Listed = JSON.parse(after.stdout);
    expect(listed.runs.map(({ outcomes }) => outcomes)).toEqual([
      { cancelled: 4 },
      { stored: 5 },
      expect.objectContaining({ stored: 400 }),
    ]);
  });
});

interface Listed {
  readonly runs: { readonly state: string; readonly ended: number; readonly outcomes: object }[];
}

test('finishes a run that keeps a comparison from its queue, as that proposes', async () => {
  const there = await place();
  const queued = await runInProcess(['enqueue', 'comics', '1-2'], there);
  const name = queued.stdout.trim();

  const refused = await runInProcess(['compare', 'comics', '1-3', '-c', '2'], there);
  const [, command = ''] = /Finish it: .*comic-queue (.*); or give it/.exec(refused.stderr) ?? [];
  const finished = await runInProcess(command.split(' '), there);

  expect(refused).toMatchObject({ exitCode: EXIT.timedOut, stdout: '' });
  expect(command).toBe(`get --resume ${name}`);
  expect(finished.stdout).toMatch(new RegExp(`^${name} ended: 2 comics`));
});

describe('a get that is stopped', () => {
  test('finishes what is in flight, and says how to go on', async () => {
    const slow = createOrigin({ latencyMs: 300 });
    await slow.start();
    try {
      const there = await place(slow.url);
      const getting = await startCommandLine(['get', 'comics', '1-40', '-c', '1'], there);
      await getting.untilSaid(/queued in comics/);

      getting.signal('SIGINT');

      const { exitCode, stderr } = await getting.ended;
      expect(exitCode).toBe(EXIT.interrupted);
      const [, command = ''] =
        /of 40 jobs are done\. Go on with: .*comic-queue (.*)$/m.exec(stderr) ?? [];
      expect(command).toMatch(/^get --resume run-\d+ -c 1$/);
      const resumed = await runInProcess([...command.split(' '), '-c', '40'], there);
      expect(resumed.exitCode).toBe(EXIT.ok);
      expect(resumed.stdout).toContain('40 stored');
    } finally {
      await slow.stop();
    }
  });

  test('leaves with 75 at its timeout; another site does not go on with it', async () => {
    const slow = createOrigin({ latencyMs: 5000 });
    await slow.start();
    const there = await place(slow.url);
    const timed = ['get', 'comics', '1-3', '--timeout', '300ms', '--out', 'my results'];

    const got = await runInProcess(timed, {
      ...there,
      env: { ...there.env, COMIC_QUEUE_SHUTDOWN_GRACE_MS: '0' },
    });
    await slow.stop();
    const [name = ''] = /run-\d+/.exec(got.stderr) ?? [];
    const elsewhere = await runInProcess(['get', '--resume', name], await place());
    await runInProcess(['cancel', name], there);

    expect(got).toMatchObject({ exitCode: EXIT.timedOut, stdout: '' });
    expect(got.stderr).toContain(`${name} has not ended within --timeout 300ms: 0 of 3 jobs`);
    expect(got.stderr).toMatch(
      new RegExp(`Go on with: .*comic-queue get --resume ${name} --out 'my results'$`, 'm'),
    );
    expect(elsewhere).toMatchObject({ exitCode: EXIT.usage, stdout: '' });
    expect(elsewhere.stderr).toContain(`Cannot go on with ${name} here: it asks `);
  });
});
