import { mkdtemp, rm, rmdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeRuntimeDir } from '../../../shared/embedded-redis/data-directory.js';

test('makeRuntimeDir() makes the directory while others remove it', async () => {
  const place = await mkdtemp(join(tmpdir(), 'cq-runtime-'));
  onTestFinished(() => rm(place, { recursive: true, force: true }));
  const path = join(place, 'sockets');

  for (let round = 0; round < 2000; round += 1) {
    await Promise.all([makeRuntimeDir(path), rmdir(path).catch(() => undefined)]);
  }
  await makeRuntimeDir(path);

  expect((await stat(path)).mode & 0o777).toBe(0o700);
});
