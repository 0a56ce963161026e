import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import os, { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test, vi } from 'vitest';
import { cacheDirectory, ensureDirectory } from '../../../shared/base/directory.js';
import { PROJECT_ROOT } from '../../support/project-root.js';

async function place(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'cq-directory-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

test('ensureDirectory() makes a directory with its parents', async () => {
  const path = join(await place(), 'a/b/c');

  await ensureDirectory(path);

  expect((await stat(path)).isDirectory()).toBe(true);
});

test('ensureDirectory() leaves a directory that is there', async () => {
  const path = join(await place(), 'a');
  await mkdir(path);
  await writeFile(join(path, 'file'), '');

  await ensureDirectory(path);

  expect((await stat(join(path, 'file'))).isFile()).toBe(true);
});

test('ensureDirectory() refuses where a file is in the way', async () => {
  const path = join(await place(), 'file');
  await writeFile(path, '');

  await expect(ensureDirectory(path)).rejects.toThrow('EEXIST');
  await expect(ensureDirectory(join(path, 'below'))).rejects.toThrow('ENOTDIR');
});

test('ensureDirectory() ends where the system refuses the name', async () => {
  await expect(ensureDirectory('')).rejects.toThrow('ENOENT');
});

test.runIf(process.platform === 'linux')('ensureDirectory() ends below /proc', async () => {
  await expect(ensureDirectory('/proc/comic-queue')).rejects.toThrow('ENOENT');
});

test('cacheDirectory() is below XDG_CACHE_HOME, where that is absolute, else below the home', () => {
  expect(cacheDirectory({ XDG_CACHE_HOME: '/caches' })).toBe('/caches/comic-queue');
  expect(cacheDirectory({ XDG_CACHE_HOME: 'caches' })).toMatch(/\/\.cache\/comic-queue$/);
});

test('cacheDirectory() is undefined where the system knows no home', () => {
  const homedir = vi.spyOn(os, 'homedir').mockImplementation(() => {
    throw new Error('uv_os_homedir returned ENOENT');
  });
  onTestFinished(() => {
    homedir.mockRestore();
    syncBuiltinESMExports();
  });
  syncBuiltinESMExports();

  expect(cacheDirectory({})).toBeUndefined();
});

test.skipIf(process.getuid?.() !== 0)(
  'cacheDirectory() is undefined for a user without a home (needs root)',
  async () => {
    const code = `
      import { cacheDirectory } from '${PROJECT_ROOT}/dist/shared/base/directory.js';
      delete process.env.HOME;
      process.setuid(54321);
      console.log(cacheDirectory({}));
    `;

    const { stdout } = await promisify(execFile)(process.execPath, [
      '--input-type=module',
      '-e',
      code,
    ]);

    expect(stdout).toBe('undefined\n');
  },
);
