import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  controlSocket,
  daemons,
  isAlive,
  makeDataDir,
  only,
  removeDataDir,
  runCommand,
  servers,
  startCommand,
  withRedis,
} from './embedded-command.js';
import { until } from '../../support/condition.js';

/** What CONFIG GET answers, as an object. */
function pairsToObject(pairs: unknown): Record<string, string> {
  const list = pairs as string[];
  const entries = list.flatMap((name, index) =>
    index % 2 === 0 ? [[name, list[index + 1] ?? ''] as const] : [],
  );
  return Object.fromEntries(entries);
}

/** Whether a process is connected to a unix socket, as the kernel lists it. */
async function isConnected(path: string): Promise<boolean> {
  const CONNECTED = '03';
  const lines = (await readFile('/proc/net/unix', 'utf8')).split('\n');
  return lines.some((line) => line.endsWith(path) && line.split(' ').includes(CONNECTED));
}

describe('openEmbeddedRedis()', () => {
  let dataDir: string;

  beforeEach(async () => {
    dataDir = await makeDataDir();
  });

  afterEach(async () => {
    await removeDataDir(dataDir);
  });

  test('gives commands that start at the same moment one server', async () => {
    const commands = await Promise.all([1, 2, 3, 4, 5, 6].map(() => startCommand(dataDir)));

    expect(new Set(commands.map((command) => command.socketPath)).size).toBe(1);
    expect(await servers(dataDir)).toHaveLength(1);
    await until('one daemon is left', async () => (await daemons(dataDir)).length === 1);

    await Promise.all(commands.map((command) => command.end()));
  });

  test('keeps its data between commands, and no server', async () => {
    const first = await startCommand(dataDir);
    await withRedis(first.socketPath, (redis) => redis.set('number', '614'));
    await first.end();
    await until('the server left', async () => (await servers(dataDir)).length === 0);

    const second = await startCommand(dataDir);

    expect(await withRedis(second.socketPath, (redis) => redis.get('number'))).toBe('614');
    await second.end();
  });

  test('runs the server as a queue needs it, for this user only', async () => {
    const command = await startCommand(dataDir);

    const pairs = await withRedis(command.socketPath, (redis) => redis.config('GET', '*'));
    const directory = await stat(dirname(command.socketPath));

    const found = pairsToObject(pairs);
    expect(found).toMatchObject({
      port: '0',
      appendonly: 'yes',
      appendfsync: 'everysec',
      save: '',
      'maxmemory-policy': 'noeviction',
      'hash-max-listpack-value': '512',
      dir: join(dataDir, 'redis'),
    });
    expect(directory.mode & 0o777).toBe(0o700);
    await command.end();
  });

  test('serves a data directory whose path is longer than a socket may have', async () => {
    const long = join(dataDir, 'ä "quoted" name '.repeat(6), 'b'.repeat(200));

    const command = await startCommand(long);

    expect(command.socketPath).toBe(join(long, 'redis', 'redis.sock'));
    expect(command.socketPath.length).toBeGreaterThan(300);
    expect(await withRedis(command.socketPath, (redis) => redis.ping())).toBe('PONG');
    await command.end();
    await until('the daemon left', async () => (await daemons(long)).length === 0);
  });

  test('loses nothing when commands come just as the server leaves', async () => {
    const env = { COMIC_QUEUE_EMBEDDED_IDLE_MS: '0' };
    const rounds = 4;

    for (let round = 0; round < rounds; round += 1) {
      const commands = await Promise.all([1, 2].map(() => startCommand(dataDir, { env })));
      await Promise.all(
        commands.map((command) => withRedis(command.socketPath, (redis) => redis.incr('count'))),
      );
      await Promise.all(commands.map((command) => command.end()));
    }

    const last = await startCommand(dataDir, { env });
    expect(await withRedis(last.socketPath, (redis) => redis.get('count'))).toBe(
      String(2 * rounds),
    );
    await last.end();
  });

  test.runIf(process.platform === 'linux')(
    'lets a command that comes while the server is ending wait for the next one',
    async () => {
      const env = { COMIC_QUEUE_EMBEDDED_IDLE_MS: '0' };
      const first = await startCommand(dataDir, { env });
      await withRedis(first.socketPath, (redis) => redis.set('number', '614'));
      const server = only(await servers(dataDir));
      const control = await controlSocket(dataDir);
      process.kill(server, 'SIGSTOP');
      await first.end();

      // The daemon that it starts must not end before the command has connected to it.
      const starting = startCommand(dataDir, { env: { COMIC_QUEUE_EMBEDDED_IDLE_MS: '1000' } });
      await until('the command is connected', () => isConnected(control));
      process.kill(server, 'SIGCONT');
      const next = await starting;

      expect(await controlSocket(dataDir)).not.toBe(control);
      expect(await withRedis(next.socketPath, (redis) => redis.get('number'))).toBe('614');
      await next.end();
    },
  );

  test('exits 73 when the data directory cannot be written', async () => {
    await mkdir(dirname(dataDir), { recursive: true });
    await writeFile(dataDir, 'a file');

    const ending = await runCommand(dataDir);

    expect(ending).toMatchObject({ exitCode: 73, stdout: '' });
    expect(ending.stderr).toContain(`Cannot write to the data directory ${dataDir}`);
  });

  test.skipIf(process.getuid?.() !== 0)('exits 73 for a user who may not write there', async () => {
    await mkdir(join(dataDir, 'redis'), { recursive: true });
    await chmod(dirname(dataDir), 0o755);

    const ending = await runCommand(dataDir, { uid: 65_534 });

    expect(ending.exitCode).toBe(73);
    expect(ending.stderr).toContain('EACCES');
  });

  test('exits 69 with the words of a server that cannot start', async () => {
    const command = await startCommand(dataDir);
    await withRedis(command.socketPath, (redis) => redis.set('a', 'b'));
    await command.end();
    await until('the server left', async () => (await servers(dataDir)).length === 0);
    const manifest = join(dataDir, 'redis', 'appendonlydir', 'appendonly.aof.manifest');
    await writeFile(manifest, 'no manifest\n');

    const ending = await runCommand(dataDir);

    expect(ending.exitCode).toBe(69);
    expect(ending.stderr).toMatch(/^Cannot start the embedded Redis in .*redis: .*manifest.*\n$/);
    await rm(manifest);
  });

  test('exits 69 when the manifest of the append-only file is missing, and keeps the data', async () => {
    const command = await startCommand(dataDir);
    await withRedis(command.socketPath, (redis) => redis.set('number', '614'));
    await command.end();
    await until('the server left', async () => (await servers(dataDir)).length === 0);
    const manifest = join(dataDir, 'redis', 'appendonlydir', 'appendonly.aof.manifest');
    await rename(manifest, `${manifest}.away`);

    const ending = await runCommand(dataDir);

    expect(ending.exitCode).toBe(69);
    expect(ending.stderr).toMatch(/^Cannot start .* but no appendonly\.aof\.manifest\. .*\n$/);
    await rename(`${manifest}.away`, manifest);
    const next = await startCommand(dataDir);
    expect(await withRedis(next.socketPath, (redis) => redis.get('number'))).toBe('614');
    await next.end();
  });

  test('starts empty in a data directory that was deleted and made again', async () => {
    const before = await startCommand(dataDir);
    await withRedis(before.socketPath, (redis) => redis.set('number', '614'));
    const deleted = only(await servers(dataDir));
    await rm(dataDir, { recursive: true });

    const after = await startCommand(dataDir);

    expect(await withRedis(after.socketPath, (redis) => redis.get('number'))).toBeNull();
    const server = only(await servers(dataDir));
    expect(server).not.toBe(deleted);
    await before.end();
    await until('the server of the deleted directory ended', () => !isAlive(deleted));
    expect(await servers(dataDir)).toEqual([server]);
    await after.end();
  });

  test('goes on in a data directory that is renamed', async () => {
    const before = await startCommand(dataDir);
    await withRedis(before.socketPath, (redis) => redis.set('number', '614'));
    const server = only(await servers(dataDir));
    const renamed = `${dataDir}-renamed`;
    await rename(dataDir, renamed);

    const after = await startCommand(renamed);

    expect(await servers(renamed)).toEqual([server]);
    expect(await withRedis(after.socketPath, (redis) => redis.get('number'))).toBe('614');
    await Promise.all([before.end(), after.end()]);
  });
});
