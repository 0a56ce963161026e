import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type DataDirectory,
  openDataDirectory,
} from '../../../shared/embedded-redis/data-directory.js';
import { requireManifest } from '../../../shared/embedded-redis/server-files.js';

const REDIS_7 = { path: '/usr/bin/redis-server', major: 7, minor: 0 };
const REDIS_6 = { path: '/usr/bin/redis-server', major: 6, minor: 2 };
const MANIFEST = 'appendonly.aof.manifest';

describe('requireManifest()', () => {
  let place: string;
  let directory: DataDirectory;

  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), 'manifest-'));
    directory = await openDataDirectory(place);
  });

  afterEach(async () => {
    await rm(place, { recursive: true });
  });

  const put = async (files: Readonly<Record<string, string>>): Promise<void> => {
    const aof = join(directory.redisDir, 'appendonlydir');
    await mkdir(aof);
    for (const [name, text] of Object.entries(files)) await writeFile(join(aof, name), text);
  };

  test.each([
    ['no directory', undefined],
    ['an empty one', {}],
    ['what is whole', { [MANIFEST]: 'file', 'appendonly.aof.2.incr.aof': 'jobs' }],
    [
      'what a kill at the first start leaves',
      {
        'appendonly.aof.1.base.rdb': 'REDIS0010',
        'appendonly.aof.1.incr.aof': '',
        'temp-appendonly.aof.manifest': 'fi',
      },
    ],
  ])('accepts %s', async (_, files) => {
    if (files !== undefined) await put(files);

    await expect(requireManifest(directory, REDIS_7)).resolves.toBeUndefined();
  });

  test.each(['appendonly.aof.1.incr.aof', 'appendonly.aof.2.base.rdb', 'appendonly.aof'])(
    'refuses %s without a manifest',
    async (name) => {
      await put({ 'appendonly.aof.1.base.rdb': 'REDIS0010', [name]: 'jobs' });

      const check = requireManifest(directory, REDIS_7);

      await expect(check).rejects.toMatchObject({ exitCode: 69 });
      await expect(check).rejects.toThrow(`holds jobs (${name}) but no ${MANIFEST}`);
    },
  );

  test('refuses what a newer Redis wrote', async () => {
    await put({ [MANIFEST]: 'file', 'appendonly.aof.1.incr.aof': 'jobs' });

    await expect(requireManifest(directory, REDIS_6)).rejects.toThrow('written by Redis 7');
  });
});
