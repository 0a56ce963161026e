import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { EXIT } from '../../shared/base/errors.js';
import { queueOf } from '../../shared/queues/queue.js';
import { requireOpenFiles } from '../../worker/open-files.js';
import { PROJECT_ROOT } from '../support/project-root.js';
import { WorkPlace } from '../support/work-place.js';

const MODULE = join(PROJECT_ROOT, 'dist/worker/open-files.js');
const PROGRAM = `
  const { requireOpenFiles } = await import(${JSON.stringify(MODULE)});
  try {
    requireOpenFiles(Number(process.argv[1]));
    process.stdout.write('enough');
  } catch (error) {
    process.stdout.write(error.message);
  }
`;

test.each([
  [462, 1024],
  [1000, 2100],
])('requireOpenFiles() passes %i jobs with %i files', (jobs, limit) => {
  expect(() => requireOpenFiles(jobs, limit)).not.toThrow();
});

test.each([
  [463, 1024],
  [1, 64],
])('requireOpenFiles() refuses %i jobs with %i files', (jobs, limit) => {
  expect(() => requireOpenFiles(jobs, limit)).toThrow(
    expect.objectContaining({ exitCode: EXIT.badConfig }) as Error,
  );
});

test('requireOpenFiles() knows the limit of its process, which Node has raised as far as it may', (context) => {
  context.skip(!existsSync('/proc/self/limits'), 'only Linux has /proc');

  expect(run('ulimit -n 1024', 462)).toBe('enough');
  expect(run('ulimit -n 1024', 1000)).toBe(
    'Cannot run 1000 jobs at once: this process may open 1024 files, which is enough for 462. Raise its hard limit to 2100 (ulimit -n, or LimitNOFILE of a service), or lower -c (or --max-concurrency).',
  );
  expect(run('ulimit -S -n 256; ulimit -H -n 2200', 1000)).toBe('enough');
});

test('a worker refuses more jobs at once than it may open files for', async (context) => {
  context.skip(!existsSync('/proc/self/limits'), 'only Linux has /proc');
  const place = await WorkPlace.open();
  onTestFinished(() => place.close());

  const started = place.startWorker({ queues: new Map([[queueOf('comic', false), 1e9]]) });

  await expect(started).rejects.toMatchObject({ exitCode: EXIT.badConfig });
});

function run(limit: string, jobs: number): string {
  const node = [process.execPath, '--input-type=module', '--eval', PROGRAM, String(jobs)];
  const script = `${limit} && exec "$@"`;
  return spawnSync('sh', ['-c', script, 'sh', ...node], { encoding: 'utf8' }).stdout;
}
