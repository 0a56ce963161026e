import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ComparisonReport } from '../../../cli/compare/report.js';
import { PROJECT_ROOT } from '../../support/project-root.js';
import { ComparingPlace } from '../compare/comparing.js';

/** Several commands one after the other, on a machine that is busy with other tests. */
vi.setConfig({ testTimeout: 90_000 });

const SHORT = ['-c', '10', '--latency', '5', '--repeat', '1'];

let place: ComparingPlace;

beforeEach(async () => {
  place = await ComparingPlace.open();
});

afterEach(async () => {
  await place.close();
});

describe('demo', () => {
  test('fetches from its own stand-in and keeps what that sends', async () => {
    const ended = await place.run(['demo', '1-12', ...SHORT, '--json']);

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

  test('takes the place of the demo before', async () => {
    await place.run(['demo', '1-12', ...SHORT]);

    const ended = await place.run(['demo', '1-3', ...SHORT]);

    expect(ended.exitCode).toBe(0);
    expect(ended.stdout).toContain('3 of 3 files are byte for byte what the site sends');
    expect(ended.stdout).toContain('npx comic-queue compare comics 1-200 -c 50');
    expect(ended.stdout).toContain(join(place.data, 'demo/chart.svg'));
    expect(ended.stderr).toMatch(/Site +a stand-in for xkcd.com at http:\/\/127/);
    expect(ended.stderr).toMatch(/warm-up +10 at a time/);
    expect(await readdir(join(place.data, 'demo/comics'))).toHaveLength(3);
  });

  test('leaves the board running when told to', async () => {
    const { process, ended } = place.start(['demo', '1-3', ...SHORT, '--keep-open', '--port', '0']);
    const url = await place.lineOf(process, /The board is at (http:\S+)/);

    const page = await fetch(url);
    process.kill('SIGINT');

    expect(page.status).toBe(200);
    expect((await ended).exitCode).toBe(0);
  });

  test.each([
    [['latest'], 'takes comics by number'],
    [['0'], 'Cannot read "0"'],
    [['1-5', '--latency', 'x'], '--latency must be'],
    [['1-5', '--repeat', '0'], '--repeat must be'],
  ])('refuses %j', async (args, message) => {
    const ended = await place.run(['demo', ...args]);

    expect(ended.exitCode).toBe(2);
    expect(ended.stderr).toContain(message);
  });
});

test('the stand-in ends when its parent is gone', async () => {
  const program = join(PROJECT_ROOT, 'dist/cli/demo/origin-process.js');
  const child = fork(program, ['{"latencyMs":0}'], { stdio: 'ignore' });
  const [message] = await once(child, 'message');

  child.disconnect();

  expect(message).toMatchObject({ url: expect.stringContaining('http://127.0.0.1:') as string });
  expect(await once(child, 'exit')).toEqual([0, null]);
});
