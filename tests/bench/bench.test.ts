import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROJECT_ROOT } from '../support/project-root.js';
import type { BenchReport } from './report.js';

const run = promisify(execFile);
const MAIN = join(PROJECT_ROOT, 'dist/bench/tests/bench/main.js');

let out: string;

beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'cq-bench-out-'));
  const compiler = join(PROJECT_ROOT, 'node_modules/.bin/tsc');
  await run(compiler, ['-p', 'tsconfig.bench.json'], { cwd: PROJECT_ROOT });
});

afterAll(async () => {
  await rm(out, { recursive: true, force: true });
});

describe('npm run bench', () => {
  it('measures a case and writes what it measured, as a table, as JSON and as Markdown', async () => {
    const flags = ['--quick', '--only', 'empty-jobs', '--out', out];

    const { stdout } = await run(process.execPath, [MAIN, ...flags], { timeout: 60_000 });
    const document = JSON.parse(await readFile(join(out, 'latest.json'), 'utf8')) as BenchReport;
    const markdown = await readFile(join(out, 'latest.md'), 'utf8');

    expect(document).toMatchObject({ quick: true, repeat: 1, machine: { node: process.version } });
    expect(document.cases).toHaveLength(1);
    const [measured] = document.cases;
    expect(measured?.name).toBe('empty-jobs');
    expect(measured?.series).toMatchObject([
      { contestant: 'comic-queue', unit: 'jobs/s', values: [expect.any(Number)] },
      { contestant: 'BullMQ, empty processor', unit: 'jobs/s', values: [expect.any(Number)] },
    ]);
    expect(measured?.goals).toMatchObject([{ atLeast: 0.85, values: [expect.any(Number)] }]);
    expect(measured?.judgements).toMatchObject([{ reached: expect.any(Boolean) }]);
    for (const text of [stdout, markdown]) {
      expect(text).toContain(document.machine.cpu);
      expect(text).toContain('A quick run');
      expect(text).toContain('BullMQ, empty processor');
      expect(text).toMatch(/empty jobs: against BullMQ.* (reached|not reached)/);
    }
  }, 90_000);

  it('names a case that there is not, and those that there are', async () => {
    const refused = run(process.execPath, [MAIN, '--only', 'nonsense']);

    await expect(refused).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/no case "nonsense"; there are zero-latency, /),
    });
  });
});
