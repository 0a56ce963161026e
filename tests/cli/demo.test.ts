import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ComparisonReport } from '../../cli/compare/report.js';
import { PROJECT_ROOT } from '../support/project-root.js';
import { ComparingPlace } from './compare/comparing.js';

/** Results that need not survive a power cut: the warm-up alone writes thousands of files. */
const ENVIRONMENT = { COMIC_QUEUE_DURABILITY: 'rename' };

const SHORT = ['-c', '20', '--latency', '1', '--repeat', '1', '--port', '0'];

/** Nothing listens there: a command that asks it ends with 69. */
const UNREACHABLE = 'redis://127.0.0.1:1';

let place: ComparingPlace;

beforeAll(async () => {
  place = await ComparingPlace.open();
});

afterAll(async () => {
  await place.close();
});

describe('demo', () => {
  test('fetches from its own stand-in and keeps what that sends', async () => {
    const { ended: ending } = place.start(['demo', '1-12', ...SHORT, '--json'], ENVIRONMENT);
    const ended = await ending;

    const { results, ...document } = JSON.parse(ended.stdout) as Record<string, unknown>;
    const report = ComparisonReport.parse(document);
    expect(ended.exitCode).toBe(0);
    expect(results).toEqual({ files: 12, identical: 12 });
    expect(report.site).not.toContain(place.origin.url);
    expect(report.reports.map(({ pass, baseline }) => [pass, baseline])).toEqual([
      [1, true],
      [1, false],
    ]);
    const kept = await readFile(join(place.data, 'demo/comics/7.json'), 'utf8');
    expect(JSON.parse(kept)).toMatchObject({ num: 7 });
  });

  test('serves the board while it measures, and leaves it running when told to', async () => {
    const args = ['demo', '1-3', ...SHORT, '--latency', '200', '--keep-open'];
    const { process, ended } = place.start(args, ENVIRONMENT);
    const url = await place.lineOf(process, /Board +(http:\S+), live while it measures/);
    const during = await fetch(url);
    // Said only now: what was fetched before was the board of a demo that measures.
    await place.lineOf(process, /The board (stays) at/);

    const after = await fetch(`${url}/results/comics/2.json`);
    process.kill('SIGINT');

    const { exitCode, stdout, stderr } = await ended;
    expect({ during: during.status, after: after.status, exitCode }).toEqual({
      during: 200,
      after: 200,
      exitCode: 0,
    });
    expect(stdout).toContain('3 of 3 files are byte for byte what the site sends');
    expect(stdout).toContain(' compare comics 1-200 -c 50 --data ');
    expect(stdout).toContain(join(place.data, 'demo/chart.svg'));
    expect(stderr).toMatch(/^comic-queue, everything on.*\n(?:.* warning: .*\n)? +Board +http/);
    expect(stderr).toMatch(/Site +a stand-in for xkcd.com at http:\/\/127/);
    expect(stderr).toMatch(/warm-up +20 at a time/);
    expect(await readdir(join(place.data, 'demo/comics'))).toHaveLength(3);
  });

  test('says that its port is taken before it does anything else', async () => {
    const port = new URL(place.origin.url).port;

    const ended = await place.run(['demo', '1-3', '--port', port], { REDIS_URL: UNREACHABLE });

    expect(ended.exitCode).toBe(71);
    expect(ended.stderr).toMatch(
      /the port is taken\. Choose another.* --port 0 for any that is free/,
    );
  });

  test.each([
    [['latest'], 'takes comics by number'],
    [['1-5', '--latency', 'x'], '--latency must be'],
  ])('refuses %j', async (args, message) => {
    const ended = await place.start(['demo', ...args]).ended;

    expect(ended.exitCode).toBe(2);
    expect(ended.stderr).toContain(message);
  });
});

test('the stand-in ends when its parent is gone', async () => {
  const program = join(PROJECT_ROOT, 'dist/origin/child-process.js');
  const child = fork(program, ['{"latencyMs":0}'], { stdio: 'ignore' });
  const [message] = await once(child, 'message');

  child.disconnect();

  expect(message).toMatchObject({ url: expect.stringContaining('http://127.0.0.1:') as string });
  expect(await once(child, 'exit')).toEqual([0, null]);
});
