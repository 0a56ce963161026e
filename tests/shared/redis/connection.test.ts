import { once } from 'node:events';
import { link, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Cluster, Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EXIT } from '../../../shared/base/errors.js';
import { connectSocket } from '../../../shared/base/unix-socket.js';
import { parseRedisAddress } from '../../../shared/redis/address.js';
import { openRedisClock } from '../../../shared/redis/clock.js';
import {
  closeConnection,
  openConnection,
  type RedisConnection,
  requireRedis,
} from '../../../shared/redis/connection.js';
import { runScript, script } from '../../../shared/redis/script.js';
import { until } from '../../support/condition.js';
import { freePort } from '../../support/free-port.js';
import { startTestRedis, type TestRedis } from '../../support/redis-server.js';

let redis: TestRedis;
let port: number;
let admin: RedisConnection;
const opened: RedisConnection[] = [];

beforeAll(async () => {
  port = await freePort();
  redis = await startTestRedis(['--port', String(port), '--bind', '127.0.0.1']);
  admin = redis.connect();
});

afterEach(async () => {
  for (const connection of opened.splice(0)) connection.disconnect();
  await admin.config('SET', 'requirepass', '');
});

afterAll(async () => {
  await redis.stop();
});

function open(url: string, whenDown: 'wait' | 'fail' = 'fail'): RedisConnection {
  const connection = openConnection(parseRedisAddress(url), { whenDown, name: 'test' }, () => {});
  opened.push(connection);
  return connection;
}

async function refusal(url: string): Promise<unknown> {
  return requireRedis(open(url), parseRedisAddress(url)).catch((error: unknown) => error);
}

describe('openConnection()', () => {
  it('reaches a socket by a path of any length, and says when it leads nowhere', async () => {
    const directory = join(await mkdtemp(join(tmpdir(), 'socket-')), 'ä'.repeat(100));
    await mkdir(directory);
    await link(redis.url.replace('unix://', ''), join(directory, 's'));

    await requireRedis(open(`unix://${directory}/s`), parseRedisAddress(redis.url));

    const missing = `${directory}/none/s`;
    expect(() => open(`unix://${missing}`)).toThrow(
      `Cannot reach Redis at ${missing}: no such file`,
    );
    await rm(dirname(directory), { recursive: true });
  });

  it('reaches a server by its port, its socket, and with a password', async () => {
    for (const url of [`redis://127.0.0.1:${port}/1`, redis.url]) {
      await requireRedis(open(url), parseRedisAddress(url));
    }
    await admin.config('SET', 'requirepass', 'geheim');

    const url = `redis://:geheim@127.0.0.1:${port}`;
    await expect(requireRedis(open(url), parseRedisAddress(url))).resolves.toBeUndefined();
  });

  it('is known to the server by its name', async () => {
    const connection = open(redis.url);

    expect(await connection.client('LIST')).toContain('name=test');
  });

  it('takes credentials and TLS over into every form', () => {
    const single = open('rediss://anna:geheim@127.0.0.1:1');
    const sentinel = open('rediss+sentinel://:geheim@127.0.0.1:1/main');
    const plain = open('redis+sentinel://127.0.0.1:1/main');
    const cluster = open('redis+cluster://anna:geheim@127.0.0.1:1');

    expect(single.options).toMatchObject({ username: 'anna', password: 'geheim', tls: {} });
    expect(sentinel.options).toMatchObject({ name: 'main', sentinelTLS: {}, password: 'geheim' });
    expect(plain.options).not.toHaveProperty('sentinelTLS', {});
    expect([single, sentinel].every((connection) => connection instanceof Redis)).toBe(true);
    expect(cluster).toBeInstanceOf(Cluster);
    expect(cluster.options).toMatchObject({ redisOptions: { username: 'anna' } });
  });
});

describe('requireRedis()', () => {
  it('says within seconds that nothing listens', async () => {
    const startMs = performance.now();

    const refused = await refusal(`redis://:geheim@127.0.0.1:${await freePort()}`);

    expect(performance.now() - startMs).toBeLessThan(10_000);
    expect(refused).toMatchObject({
      exitCode: EXIT.unavailable,
      message: expect.stringContaining('ECONNREFUSED'),
    });
    expect(String(refused)).not.toContain('geheim');
  });

  it('says within seconds that something listens and does not answer', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port: silentPort } = silent.address() as AddressInfo;
    const startMs = performance.now();

    const refused = await refusal(`redis://127.0.0.1:${silentPort}`);

    expect(performance.now() - startMs).toBeLessThan(10_000);
    expect(refused).toMatchObject({ exitCode: EXIT.unavailable });
    silent.close();
  });

  it.each([
    ['', 'asks for a password. Set REDIS_PASSWORD or'],
    [':falsch@', 'refuses the user or the password. Correct REDIS_URL or REDIS_PASSWORD'],
  ])('says what is wrong with the password of "%s", without repeating it', async (login, said) => {
    await admin.config('SET', 'requirepass', 'geheim');

    const refused = await refusal(`redis://${login}127.0.0.1:${port}`);

    expect(refused).toMatchObject({
      exitCode: EXIT.unavailable,
      message: expect.stringContaining(`Cannot use Redis at 127.0.0.1:${port}: it ${said}`),
    });
    expect(String(refused)).not.toContain('falsch');
  });

  it('says that Redis has as many clients as it takes', async () => {
    const [, before = ''] = await admin.config('GET', 'maxclients');
    await admin.config('SET', 'maxclients', '1');

    const refused = await refusal(`redis://127.0.0.1:${port}`);
    await admin.config('SET', 'maxclients', before);

    expect(String(refused)).toContain('it has as many clients as it takes. Raise maxclients');
  });

  it('says that Redis is busy with a script', async () => {
    await admin.config('SET', 'busy-reply-threshold', '50');
    const busy = redis.connect();
    await busy.ping();
    const looping = busy.eval('while true do end', 0);
    const killed = looping.catch(String);
    await until('it is busy', async () => (await admin.ping().catch(String)) !== 'PONG');

    const refused = await refusal(redis.url);
    await admin.script('KILL');
    expect(await killed).toContain('killed');

    expect(String(refused)).toMatch(/it is busy with a script .*\. Wait for it, or end it with/);
  });

  it('says that Redis is a replica without its primary', async () => {
    await admin.config('SET', 'replica-serve-stale-data', 'no');
    await admin.replicaof('127.0.0.1', String(await freePort()));

    const refused = await refusal(redis.url);
    await admin.replicaof('NO', 'ONE');

    expect(String(refused)).toContain('it is a replica that has lost its primary. Name the');
  });

  it('says that Redis is still loading its data', async () => {
    const slow = [
      '--rdbcompression',
      'no',
      '--key-load-delay',
      '50000',
      '--loading-process-events-interval-bytes',
      '1024',
    ];
    const server = await startTestRedis(slow);
    const writing = server.connect();
    for (let key = 0; key < 70; key += 1) await writing.set(`key-${key}`, 'x'.repeat(1100));
    await writing.save();
    server.process.kill('SIGKILL');
    await once(server.process, 'exit');
    const loaded = server.restart();
    await until('it listens', async () => {
      const connecting = await connectSocket(server.url.slice('unix://'.length));
      if (connecting.kind === 'connected') connecting.socket.destroy();
      return connecting.kind === 'connected';
    });

    const refused = await refusal(server.url);
    await loaded;
    await server.stop();

    expect(String(refused)).toContain('it is still loading its data. Try again in a moment');
  });
});

describe('a database that Redis refuses', () => {
  const limited = (rights: string): Promise<unknown> =>
    admin.call('ACL', 'SETUSER', 'anna', 'reset', 'on', '>geheim', '~*', ...rights.split(' '));

  afterEach(async () => {
    await admin.call('ACL', 'DELUSER', 'anna');
  });

  it.each([
    ['because there are not so many', '/99', '+@all', 'DB index is out of range'],
    ['because the user may not choose', '/1', '+@all -select', 'NOPERM'],
  ])('%s, is refused with 78', async (_, database, rights, fact) => {
    await limited(rights);

    const refused = await refusal(`redis://anna:geheim@127.0.0.1:${port}${database}`);

    expect(refused).toMatchObject({
      exitCode: EXIT.badConfig,
      message: expect.stringContaining(fact),
    });
    expect(String(refused)).toContain('Cannot use the database');
    expect(String(refused)).not.toContain('geheim');
  });

  it('later, is waited for, and nothing is written to database 0', async () => {
    await limited('+@all');
    const connection = open(`redis://anna:geheim@127.0.0.1:${port}/1`, 'wait');
    await connection.set('before', '1');
    await limited('+@all -select');
    const refused = once(connection, 'error');
    await admin.client('KILL', 'USER', 'anna');

    const writing = connection.set('after', '1');
    await refused;
    await limited('+@all');
    await writing;

    expect(await admin.exists('after')).toBe(0);
    expect(await connection.exists('before', 'after')).toBe(2);
  });
});

describe('closeConnection()', () => {
  it('does not wait for a server that is gone', async () => {
    const connection = open(`redis://127.0.0.1:${await freePort()}`, 'wait');
    const startMs = performance.now();

    await closeConnection(connection);

    expect(performance.now() - startMs).toBeLessThan(10_000);
  });
});

describe('runScript()', () => {
  it('loads a script where the server does not know it, and passes errors on', async () => {
    const connection = open(redis.url);
    const add = script(`return ARGV[1] + redis.call('INCR', KEYS[1])`);

    expect(await runScript(connection, add, ['k'], [10])).toBe(11);
    expect(await runScript(connection, add, ['k'], [10])).toBe(12);
    await connection.script('FLUSH');
    expect(await runScript(connection, add, ['k'], [10])).toBe(13);
    await expect(runScript(connection, add, ['k'], ['x'])).rejects.toThrow('arithmetic');
  });
});

describe('openRedisClock()', () => {
  it("follows the server's time", async () => {
    const connection = open(redis.url);
    const clock = await openRedisClock(connection);
    await clock.sync();

    const before = clock.now();
    const [seconds, microseconds] = await connection.time();
    const serverMs = Number(seconds) * 1000 + Number(microseconds) / 1000;
    const after = clock.now();

    expect(serverMs).toBeGreaterThanOrEqual(before - 20);
    expect(serverMs).toBeLessThanOrEqual(after + 20);
    expect(Math.abs(clock.skewMs())).toBeLessThanOrEqual(20);
    expect(Number.isInteger(before)).toBe(true);
  });
});
