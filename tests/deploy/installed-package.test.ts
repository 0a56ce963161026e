/** The package works where it is installed: npm gets what it depends on from the registry. */

import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../shared/base/errors.js';
import { packed } from './packed.js';

/** npm asks the registry for every package of ours and of theirs. */
const INSTALL_LIMIT_MS = 300_000;

const run = promisify(execFile);

describe('the package, installed elsewhere,', () => {
  let project: string;

  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), 'comic-queue-installed-'));
    await writeFile(join(project, 'package.json'), '{ "private": true }');
    const { tarball } = await packed(['--pack-destination', project]);
    const options = ['--no-audit', '--no-fund', '--prefer-offline'];
    await run('npm', ['install', ...options, join(project, tarball)], {
      cwd: project,
      env: environment(),
    });
  }, INSTALL_LIMIT_MS);

  afterAll(async () => {
    await rm(project, { recursive: true });
  });

  test('says its version', async () => {
    const { stdout } = await comicQueue('--version');

    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('plays the demo', async () => {
    const brief = ['-c', '10', '--repeat', '1', '--latency', '1', '--port', '0'];

    const { stdout } = await comicQueue('demo', '1-20', ...brief, '--json');

    const stored = await readdir(join(project, 'data/demo/comics'));
    expect(stored).toHaveLength(20);
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'comic' });
  });

  test('ends with the exit codes of the program', async () => {
    await expect(comicQueue('enqueue', 'comics', '0')).rejects.toMatchObject({ code: EXIT.usage });
  });

  test('has nothing that can be imported', async () => {
    const script = "await import('comic-queue/dist/cli/settings.js')";
    const imported = run(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: project,
    });

    await expect(imported).rejects.toThrow('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });

  async function comicQueue(...args: readonly string[]): Promise<{ stdout: string }> {
    return run('npx', ['--no-install', 'comic-queue', ...args], {
      cwd: project,
      env: environment(),
    });
  }
});

/** Without what vitest and npm tell their own children. */
function environment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(?:npm_|VITE|NODE_)/.test(name),
  );
  // The optional builder of a Redis would build one at once; a demo flushes thousands of files.
  const own = { REDISMS_DISABLE_POSTINSTALL: '1', COMIC_QUEUE_DURABILITY: 'rename' };
  return { ...Object.fromEntries(inherited), ...own };
}
