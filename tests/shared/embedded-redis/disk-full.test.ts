import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from '../../support/condition.js';
import {
  daemons,
  makeDataDir,
  removeDataDir,
  runCommand,
  servers,
  startCommand,
  withRedis,
} from './embedded-command.js';

const run = promisify(execFile);

/** Mounting needs a right that root in a container may lack. */
async function mountSmall(directory: string): Promise<boolean> {
  await mkdir(directory, { recursive: true });
  const mount = run('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', directory]);
  return mount.then(
    () => true,
    () => false,
  );
}

let dataDir: string;
let mounted: boolean;

beforeEach(async () => {
  const place = await makeDataDir();
  mounted = await mountSmall(place);
  dataDir = join(place, 'data');
});

afterEach(async () => {
  if (mounted) await until('everything ended', async () => (await daemons(dataDir)).length === 0);
  if (mounted) await run('umount', [dirname(dataDir)]);
  await removeDataDir(dirname(dataDir));
});

test('a command on a disk that takes nothing says what is wrong with the disk', async (context) => {
  if (!mounted) context.skip('no right to mount a small file system');
  const disk = dirname(dataDir);
  await writeFile(join(disk, 'filler'), Buffer.alloc(3_000_000)).catch(() => undefined);
  const full = await runCommand(dataDir);
  await run('mount', ['-o', 'remount,ro', disk]);
  const readOnly = await runCommand(join(disk, 'other'));

  const told = (place: string, why: string): string =>
    `Cannot write to the data directory ${place}: ${why}. Choose another with --data, or set REDIS_URL.\n`;
  expect(full.stderr).toBe(told(dataDir, 'the disk is full (ENOSPC)'));
  expect(readOnly.stderr).toBe(told(join(disk, 'other'), 'the file system is read-only (EROFS)'));
});

test('a server whose disk is full stays until it could write what it acknowledged', async (context) => {
  if (!mounted) context.skip('no right to mount a small file system');
  const command = await startCommand(dataDir);
  let acknowledged = 0;
  const refusal = await withRedis(command.socketPath, async (redis) => {
    for (;;) {
      const error = await redis.set(`key-${acknowledged}`, 'x'.repeat(2000)).catch(String);
      if (error !== 'OK') return error;
      acknowledged += 1;
    }
  });
  expect(refusal).toContain('No space left');

  await command.end();
  const log = join(dataDir, 'redis', 'daemon.log');
  await until('a refusal', async () => (await readFile(log, 'utf8')).includes('does not end'));
  expect(await servers(dataDir)).toHaveLength(1);
  await run('mount', ['-o', 'remount,size=8m', dirname(dataDir)]);
  await until('the server left', async () => (await servers(dataDir)).length === 0);

  const next = await startCommand(dataDir);
  expect(await withRedis(next.socketPath, (redis) => redis.dbsize())).toBe(acknowledged);
  await next.end();
});
