import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ensureDirectory } from '../../../shared/base/directory.js';

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
