import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type DataDirectory,
  openDataDirectory,
} from '../../../shared/embedded-redis/data-directory.js';
import { DataLock, findHolder, type Holder } from '../../../shared/embedded-redis/lock.js';

/** Where the parts of a host stand in the file that a holder leaves. */
const HOST = { name: 0, machine: 1, boot: 2 };

describe('the lock', () => {
  let place: string;
  let directory: DataDirectory;
  let lockDir: string;
  let listening: Server[];

  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), 'lock-'));
    directory = await openDataDirectory(place);
    lockDir = join(directory.redisDir, 'lock');
    listening = [];
  });

  afterEach(async () => {
    for (const server of listening) server.close();
    await rm(place, { recursive: true });
  });

  const take = async (): Promise<DataLock | undefined> => {
    const control = createServer();
    const lock = await DataLock.take(directory, control, AbortSignal.timeout(10_000));
    if (lock === undefined) control.close();
    else listening.push(control);
    return lock;
  };

  const holder = async (): Promise<Holder['kind']> => {
    const found = await findHolder(directory);
    if (found.kind === 'living') found.control.destroy();
    return found.kind;
  };

  /** Closes the sockets as the kernel does for a process that was killed: its files stay. */
  const killHolder = async (): Promise<void> => {
    for (const server of listening.splice(0)) {
      await new Promise((resolve) => server.close(resolve));
    }
  };

  const changeHost = async (parts: Partial<Record<keyof typeof HOST, string>>): Promise<void> => {
    const name = (await readdir(lockDir)).find((entry) => entry.endsWith('.host')) ?? '';
    const lines = (await readFile(join(lockDir, name), 'utf8')).split('\n');
    for (const [part, text] of Object.entries(parts)) lines[HOST[part as keyof typeof HOST]] = text;
    await writeFile(join(lockDir, name), lines.join('\n'));
  };

  test('is free, then held by the one that took it, then free again', async () => {
    expect(await holder()).toBe('none');

    const lock = await take();

    expect(await holder()).toBe('living');
    expect(await lock?.isHeld()).toBe(true);
    expect(await take()).toBeUndefined();
    await lock?.release();
    expect(await holder()).toBe('none');
    expect(await readdir(directory.redisDir)).toEqual([]);
  });

  test('goes to one of many that ask at once, over what a dead holder left', async () => {
    for (let round = 0; round < 20; round += 1) {
      const locks = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(take));

      expect(locks.filter((lock) => lock !== undefined)).toHaveLength(1);
      expect(await readdir(lockDir)).toHaveLength(2);
      await killHolder();
      expect(await holder()).toBe('none');
    }
  });

  test('is not freed by a holder that lost it', async () => {
    const before = await take();
    await rm(lockDir, { recursive: true });
    expect(await before?.isTaken()).toBe(false);
    const after = await take();

    await before?.release();

    expect(await before?.isHeld()).toBe(false);
    expect(await before?.isTaken()).toBe(true);
    expect(await after?.isHeld()).toBe(true);
    expect(await holder()).toBe('living');
  });

  test('leaves no draft of a process that was killed before it had it', async () => {
    const draft = join(directory.redisDir, 'lock.abc');
    await mkdir(draft);
    const killed = createServer();
    await new Promise<void>((resolve) => killed.listen(join(draft, 'other.sock'), resolve));
    // Under another name the socket's file stays when its server is closed.
    await import('node:fs/promises').then(({ rename }) =>
      rename(join(draft, 'other.sock'), join(draft, 'abc.sock')),
    );
    await new Promise((resolve) => killed.close(resolve));

    await take();

    expect(existsSync(draft)).toBe(false);
  });

  test('of another host is refused, with its name and what to remove', async () => {
    await take();
    await killHolder();
    await changeHost({ name: 'other-host', boot: 'another boot' });

    const looking = findHolder(directory);

    await expect(looking).rejects.toMatchObject({ exitCode: 69 });
    await expect(looking).rejects.toThrow(
      /an embedded Redis on the host other-host uses it\. Set REDIS_URL .*, remove the directory .*redis\/lock\.$/,
    );
    await expect(take()).rejects.toThrow('other-host');
    expect(await readdir(directory.redisDir)).toEqual(['lock']);
    await rm(lockDir, { recursive: true });
    expect(await take()).toBeDefined();
  });

  test.each([
    ['of this host before it was started again is free', { boot: 'another boot' }, 'none'],
    ['of another container on this host is free', { name: 'container' }, 'none'],
  ])('%s', async (_, change, kind) => {
    await take();
    await killHolder();
    await changeHost(change);

    expect(await holder()).toBe(kind);
  });

  test('of a clone with the same name is refused', async () => {
    await take();
    await killHolder();
    await changeHost({ machine: 'another machine', boot: 'another boot' });

    await expect(findHolder(directory)).rejects.toThrow('uses it');
  });

  test('that answers is used, whatever host it names', async () => {
    await take();
    await changeHost({ name: 'other-host', boot: 'another boot' });

    expect(await holder()).toBe('living');
  });
});
