import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, startBoard } from '../../dashboard/board-under-test.js';
import { hasOpenssl, makeCertificates } from '../fetch/tls-site.js';
import { parseRedisAddress, type RedisLogin } from '../../../shared/redis/address.js';
import {
  closeConnection,
  openConnection,
  type RedisConnection,
  requireRedis,
} from '../../../shared/redis/connection.js';
import { checkReplication, unconfirmedReason } from '../../../shared/redis/replication.js';
import { checkServer } from '../../../shared/redis/server-check.js';
import { openRedisClock } from '../../../shared/redis/clock.js';
import { KEYS } from '../../../shared/redis/keys.js';
import { readRedisLogin } from '../../../shared/redis/login.js';
import { until } from '../../support/condition.js';
import { freePort } from '../../support/free-port.js';
import { RedisCluster } from '../../support/redis-cluster.js';
import { startTestRedis, type TestRedis } from '../../support/redis-server.js';

let servers: TestRedis[];
let opened: RedisConnection[];

beforeEach(() => {
  servers = [];
  opened = [];
});

afterEach(async () => {
  for (const connection of opened) connection.disconnect();
  for (const server of servers) await server.stop();
});

async function start(args: readonly string[]): Promise<TestRedis> {
  const server = await startTestRedis(args);
  servers.push(server);
  return server;
}

function open(url: string, login: RedisLogin = {}): RedisConnection {
  const address = parseRedisAddress(url, login);
  const connection = openConnection(address, { whenDown: 'wait' }, () => {});
  opened.push(connection);
  return connection;
}

describe('a cluster', () => {
  let cluster: RedisCluster;

  beforeEach(async () => {
    cluster = await RedisCluster.open();
  });

  afterEach(async () => {
    await cluster.stop();
  });

  it('is waited for longer than it takes until a replica is its primary', async () => {
    const [one] = cluster.servers;
    const connection = open(cluster.url);
    await connection.set('before', '1');
    one.process.kill('SIGKILL');
    await once(one.process, 'exit');
    const killedAt = performance.now();

    const writing = connection.set('after', '1').then(
      () => 'written',
      (error: unknown) => String(error),
    );
    await until('longer than ioredis waits', () => performance.now() - killedAt > 3000);
    await one.restart();

    expect(await writing).toBe('written');
  });

  it('is waited for until a replica of the node that holds our keys has what was written', async () => {
    await cluster.replicate();
    const connection = open(cluster.url);
    await connection.set(KEYS.probe, '1');

    expect(await checkReplication(connection)).toMatchObject([{ level: 'ok' }, { level: 'warn' }]);

    cluster.servers[1].process.kill('SIGSTOP');
    await connection.set(KEYS.probe, '1');
    expect(await unconfirmedReason(connection)).toContain('no replica has confirmed');
  });

  it('is judged, and its time is taken, by the node that holds our keys', async () => {
    const [one, other] = cluster.servers;
    const [owner, admin] = [one.connect(), other.connect()];
    await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await admin.config('SET', 'maxmemory', '100mb');
    const connection = open(cluster.url);
    await connection.set('{comic-queue}', '1');
    await admin.config('RESETSTAT');

    for (let round = 0; round < 20; round += 1) {
      const findings = await checkServer(connection);
      expect(findings.map(({ level }) => level)).not.toContain('fail');
    }
    const clock = await openRedisClock(connection);
    const board = await startBoard(other, { connection });
    await until('the board has asked Redis several times', async () => {
      const asked = await owner.info('commandstats');
      return Number(/cmdstat_time:calls=(\d+)/.exec(asked)?.[1]) >= 6;
    });
    const view = await ask(`${board.url}/api/throughput`);
    await board.stop();

    expect(Math.abs(clock.skewMs())).toBeLessThan(1000);
    expect(view.status).toBe(200);
    expect(await admin.info('commandstats')).not.toMatch(/cmdstat_(time|ping)/);
  });
});

describe('sentinels', () => {
  let directory: string;
  let sentinel: ChildProcess;
  let sentinelPort: number;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sentinel-'));
    const port = await freePort();
    sentinelPort = await freePort();
    await start(['--port', String(port), '--bind', '127.0.0.1']);
    const settings = [
      `port ${sentinelPort}`,
      'bind 127.0.0.1',
      'requirepass geheim',
      `sentinel monitor main 127.0.0.1 ${port} 1`,
    ];
    await writeFile(join(directory, 'sentinel.conf'), settings.join('\n'));
    const binary = process.env['COMIC_QUEUE_REDIS_SERVER'] ?? 'redis-server';
    sentinel = spawn(binary, ['sentinel.conf', '--sentinel'], { cwd: directory, stdio: 'ignore' });
  });

  afterEach(async () => {
    sentinel.kill('SIGKILL');
    await rm(directory, { recursive: true });
  });

  it('are asked with a password of their own', async () => {
    const connection = open(`redis+sentinel://127.0.0.1:${sentinelPort}/main`, {
      sentinelPassword: 'geheim',
    });

    expect(await connection.set('number', '614')).toBe('OK');
  });

  it('are left when the connection is closed', async () => {
    const connection = open(`redis+sentinel://127.0.0.1:${sentinelPort}/main`, {
      sentinelPassword: 'geheim',
    });
    const admin = open(`redis://:geheim@127.0.0.1:${sentinelPort}`);
    const subscribers = async (): Promise<boolean> =>
      String(await admin.call('CLIENT', 'LIST')).includes('cmd=subscribe');
    await connection.ping();
    await until('a subscription to failovers', subscribers);

    await closeConnection(connection);

    await until('none any more', async () => !(await subscribers()));
    expect(connection.status).toBe('end');
  });
});

describe('a server with TLS', () => {
  it.runIf(hasOpenssl())(
    'of a cluster is known by its name, not by its address',
    async (context) => {
      const directory = makeCertificates();
      const login = await readRedisLogin({ redisCa: join(directory, 'ca.pem') });
      const [port, bus] = [String(await freePort()), String(await freePort())];
      const settings = [
        `--tls-port ${port} --bind 127.0.0.1 --tls-cluster yes --tls-auth-clients no`,
        `--cluster-enabled yes --cluster-port ${bus} --cluster-announce-hostname localhost`,
        '--cluster-preferred-endpoint-type hostname',
      ];
      const server = await startTestRedis([
        ...settings.flatMap((line) => line.split(' ')),
        '--tls-cert-file',
        join(directory, 'good.pem'),
        '--tls-key-file',
        join(directory, 'site.key'),
        '--tls-ca-cert-file',
        join(directory, 'ca.pem'),
      ]).catch(() => undefined);
      if (server === undefined) return context.skip('this redis-server was built without TLS');
      servers.push(server);
      await server.connect().call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
      await until('the cluster is up', async () =>
        String(await server.connect().call('CLUSTER', 'INFO')).includes('cluster_state:ok'),
      );

      expect(await open(`rediss+cluster://localhost:${port}`, login).set(KEYS.probe, '1')).toBe(
        'OK',
      );
    },
  );

  it.runIf(hasOpenssl())(
    'is trusted by its authority, and trusts a client certificate',
    async (context) => {
      const directory = makeCertificates();
      const ca = join(directory, 'ca.pem');
      const cert = join(directory, 'good.pem');
      const key = join(directory, 'site.key');
      const port = String(await freePort());
      const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', ca];
      const server = await startTestRedis([
        '--tls-port',
        port,
        '--bind',
        '127.0.0.1',
        ...files,
      ]).catch(() => undefined);
      if (server === undefined) return context.skip('this redis-server was built without TLS');
      servers.push(server);
      const login = await readRedisLogin({ redisCa: ca, redisCert: cert, redisKey: key });

      expect(await open(`rediss://localhost:${port}`, login).ping()).toBe('PONG');
      expect(await refusal(`rediss://localhost:${port}`)).toMatch(
        /it has a certificate of an authority that is not known here\. Name .* COMIC_QUEUE_REDIS_CA, or in NODE_EXTRA_CA_CERTS$/,
      );
      const { certificates: { ca: authority = '' } = {} } = login;
      const onlyCa = { certificates: { ca: authority } };
      expect(await refusal(`rediss://localhost:${port}`, onlyCa)).toMatch(
        /it asks for a certificate of ours\. Set COMIC_QUEUE_REDIS_CERT and/,
      );
      expect(await refusal(`redis://localhost:${port}`)).toMatch(/begins with rediss where/);
    },
  );

  it('is none where Redis does not speak TLS', async () => {
    const port = String(await freePort());
    await start(['--port', port, '--bind', '127.0.0.1']);

    expect(await refusal(`rediss://127.0.0.1:${port}`)).toMatch(
      /correct REDIS_URL, which begins with redis where Redis does not speak TLS$/,
    );
  });

  async function refusal(url: string, login: RedisLogin = {}): Promise<string> {
    const address = parseRedisAddress(url, login);
    const connection = openConnection(address, { whenDown: 'fail' }, () => {});
    opened.push(connection);
    return requireRedis(connection, address).then(() => '', String);
  }
});
