import { rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  controlSocket,
  daemons,
  isAlive,
  makeDataDir,
  only,
  removeDataDir,
  servers,
  startCommand,
  withRedis,
} from './embedded-command.js';
import { until } from '../../support/condition.js';

/** Writes so that the answer comes after the flush to the disk. */
async function setDurably(redis: Redis, key: string, value: string): Promise<void> {
  await redis.config('SET', 'appendfsync', 'always');
  await redis.set(key, value);
}

describe('the embedded Redis survives', () => {
  let dataDir: string;

  beforeEach(async () => {
    dataDir = await makeDataDir();
  });

  afterEach(async () => {
    await removeDataDir(dataDir);
  });

  test('kill -9 of a command: the server leaves as after any other', async () => {
    const command = await startCommand(dataDir);

    await command.kill();

    await until('the daemon left', async () => (await daemons(dataDir)).length === 0);
    expect(await servers(dataDir)).toEqual([]);
  });

  test('Ctrl-C, which a terminal sends to the whole process group', async () => {
    const command = await startCommand(dataDir, { detached: true });
    const other = await startCommand(dataDir);
    const before = [await daemons(dataDir), await servers(dataDir)];

    process.kill(-command.pid, 'SIGINT');
    await until('the command ended', () => !isAlive(command.pid));

    expect([await daemons(dataDir), await servers(dataDir)]).toEqual(before);
    await other.end();
  });

  test('kill -9 of the daemon: a connected command starts another, which adopts the server', async () => {
    const command = await startCommand(dataDir);
    const server = only(await servers(dataDir));
    const killed = only(await daemons(dataDir));

    process.kill(killed, 'SIGKILL');

    await until('another daemon', async () => {
      const pids = await daemons(dataDir);
      return pids.length === 1 && pids[0] !== killed;
    });
    expect(await servers(dataDir)).toEqual([server]);
    await command.end();
    await until('the server left', async () => (await servers(dataDir)).length === 0);
  });

  test('kill -9 of the daemon and the command: the next one meets the same server', async () => {
    const first = await startCommand(dataDir);
    await withRedis(first.socketPath, (redis) => redis.set('number', '614'));
    const server = only(await servers(dataDir));
    process.kill(first.pid, 'SIGSTOP');
    process.kill(only(await daemons(dataDir)), 'SIGKILL');
    await first.kill();

    const next = await Promise.all([1, 2, 3].map(() => startCommand(dataDir)));

    expect(await servers(dataDir)).toEqual([server]);
    expect(await withRedis(first.socketPath, (redis) => redis.get('number'))).toBe('614');
    await Promise.all(next.map((command) => command.end()));
  });

  test('kill -9 of the server: it comes back at the same place with what was acknowledged', async () => {
    const command = await startCommand(dataDir);
    await withRedis(command.socketPath, (redis) => setDurably(redis, 'number', '614'));
    const daemon = await daemons(dataDir);
    const killed = only(await servers(dataDir));

    process.kill(killed, 'SIGKILL');

    await until('another server', async () => {
      const pids = await servers(dataDir);
      return pids.length === 1 && pids[0] !== killed;
    });
    expect(await daemons(dataDir)).toEqual(daemon);
    expect(await withRedis(command.socketPath, (redis) => redis.get('number'))).toBe('614');
    await command.end();
  });

  test('kill -9 of everything at once: what they left is no obstacle', async () => {
    const first = await startCommand(dataDir);
    await withRedis(first.socketPath, (redis) => setDurably(redis, 'number', '614'));
    process.kill(first.pid, 'SIGSTOP');
    process.kill(only(await daemons(dataDir)), 'SIGKILL');
    process.kill(only(await servers(dataDir)), 'SIGKILL');
    await first.kill();
    const stale = await controlSocket(dataDir);

    const next = await Promise.all([1, 2, 3, 4].map(() => startCommand(dataDir)));

    expect(await withRedis(first.socketPath, (redis) => redis.get('number'))).toBe('614');
    expect(await servers(dataDir)).toHaveLength(1);
    expect(await controlSocket(dataDir)).not.toBe(stale);
    await Promise.all(next.map((command) => command.end()));
  });

  test('an orphaned server whose socket is gone: it ends before another starts', async () => {
    const first = await startCommand(dataDir);
    await withRedis(first.socketPath, (redis) => redis.set('number', '614'));
    const orphan = only(await servers(dataDir));
    process.kill(first.pid, 'SIGSTOP');
    process.kill(only(await daemons(dataDir)), 'SIGKILL');
    await first.kill();
    await unlink(first.socketPath);

    const next = await startCommand(dataDir);

    expect(only(await servers(dataDir))).not.toBe(orphan);
    expect(await withRedis(next.socketPath, (redis) => redis.get('number'))).toBe('614');
    await next.end();
  });

  test('the removal of its sockets: one daemon and one server remain', async () => {
    const first = await startCommand(dataDir);
    await withRedis(first.socketPath, (redis) => redis.set('number', '614'));
    await rm(join(dataDir, 'redis', 'lock'), { recursive: true });
    await unlink(first.socketPath);

    const next = await startCommand(dataDir);

    await until('the first daemon left', async () => (await daemons(dataDir)).length === 1);
    expect(await servers(dataDir)).toHaveLength(1);
    expect(await withRedis(next.socketPath, (redis) => redis.get('number'))).toBe('614');
    await first.end();
    await next.end();
  });
});
