/** Redis as services run it: a failover by sentinels, a failover in a cluster, and a slot that moves. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createOrigin, type Origin } from '../../origin/server.js';
import { Report } from '../../shared/report/report.js';
import { KEYS, SLOT } from '../../shared/redis/keys.js';
import { until } from '../support/condition.js';
import { freePort } from '../support/free-port.js';
import { startTestRedis, type TestRedis } from '../support/redis-server.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { ProductProcess } from './harness/product-process.js';

const COMICS = 800;
const SLOTS = 8;
const WORKERS = 2;

let directory: string;
let origin: Origin;
let servers: TestRedis[];
let children: ChildProcess[];
let products: ProductProcess[];
let proxies: TcpProxy[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cq-deployment-'));
  origin = createOrigin({ latencyMs: 60, jitterMs: 60, latest: 10_000 });
  await origin.start();
  [servers, children, products, proxies] = [[], [], [], []];
});

afterEach(async () => {
  await Promise.all(products.map((product) => product.kill()));
  for (const child of children) child.kill('SIGKILL');
  for (const server of servers) await server.stop();
  for (const proxy of proxies) await proxy.close();
  await origin.stop();
  await rm(directory, { recursive: true, force: true });
});

function start(redisUrl: string, args: readonly string[]): ProductProcess {
  const product = new ProductProcess(args, {
    env: {
      REDIS_URL: redisUrl,
      COMIC_QUEUE_DATA: directory,
      COMIC_QUEUE_LOCK_MS: '3000',
      COMIC_QUEUE_COMIC_URL: `${origin.url}/{id}/info.0.json`,
      COMIC_QUEUE_COMIC_LATEST_URL: `${origin.url}/info.0.json`,
    },
  });
  products.push(product);
  return product;
}

async function requests(): Promise<number> {
  const response = await fetch(`${origin.url}/__origin/stats`);
  return ((await response.json()) as { requests: number }).requests;
}

/** Two workers do a run, and in the middle of it something happens. Resolves with the run's report. */
async function runThrough(redisUrl: string, happen: () => Promise<void>): Promise<Report> {
  const work = ['work', '--kinds', 'comics', '-c', String(SLOTS)];
  for (let worker = 0; worker < WORKERS; worker += 1) start(redisUrl, work);
  const producer = start(redisUrl, [
    'enqueue',
    'comics',
    `501-${500 + COMICS}`,
    '--wait',
    '--json',
  ]);
  await until('some requests', async () => (await requests()) > 150, 30_000);
  await happen();
  const before = await requests();
  const sinceMs = performance.now();
  await until('requests again', async () => (await requests()) > before + 2 * SLOTS, 20_000);
  expect(performance.now() - sinceMs).toBeLessThan(10_000);
  await producer.ended;
  expect({ exitCode: producer.exitCode, said: producer.lines }).toMatchObject({ exitCode: 0 });
  return Report.parse(JSON.parse(producer.stdout));
}

function expectExact({ queued, ended, outcomes: { stored = 0, kept = 0 } }: Report): void {
  expect([queued, ended, stored + kept]).toEqual([COMICS, COMICS, COMICS]);
}

async function startServer(
  args: readonly string[],
): Promise<TestRedis & { readonly port: number }> {
  const port = await freePort();
  const server = await startTestRedis(['--port', String(port), '--bind', '127.0.0.1', ...args]);
  servers.push(server);
  return Object.assign(server, { port });
}

async function kill(server: TestRedis): Promise<void> {
  server.process.kill('SIGKILL');
  await once(server.process, 'exit');
}

describe('three sentinels', () => {
  async function startSentinel(primaryPort: number): Promise<number> {
    const port = await freePort();
    const home = await mkdtemp(join(directory, 'sentinel-'));
    const settings = [
      `port ${port}`,
      'bind 127.0.0.1',
      `sentinel monitor main 127.0.0.1 ${primaryPort} 2`,
      'sentinel down-after-milliseconds main 1500',
      // Until then it does not turn a replica behind a proxy to the primary itself.
      'sentinel failover-timeout main 60000',
    ];
    await writeFile(join(home, 'sentinel.conf'), settings.join('\n'));
    const binary = process.env['COMIC_QUEUE_REDIS_SERVER'] ?? 'redis-server';
    const options = { cwd: home, stdio: 'ignore' } as const;
    children.push(spawn(binary, ['sentinel.conf', '--sentinel'], options));
    return port;
  }

  /** A primary, its replica behind a proxy, and three sentinels that know them and each other. */
  async function startSentinels(): Promise<{
    readonly url: string;
    readonly primary: TestRedis;
    readonly replica: TestRedis;
    readonly replication: TcpProxy;
  }> {
    const primary = await startServer(['--repl-diskless-sync-delay', '0']);
    const replication = await TcpProxy.start({ port: primary.port });
    proxies.push(replication);
    const replica = await startServer(['--replicaof', '127.0.0.1', String(replication.port)]);
    const sentinels = await Promise.all([1, 2, 3].map(() => startSentinel(primary.port)));
    await until('the replica is in step', async () =>
      (await primary.connect().info('replication')).includes('state=online'),
    );
    const url = `redis+sentinel://${sentinels.map((port) => `127.0.0.1:${port}`).join(',')}/main`;
    // Until the sentinels know the replica and each other, a failover would find nobody.
    await until('the sentinels know each other', async () => {
      const { stdout } = await finished(url, ['doctor', '--json']);
      return stdout.includes('"ok"') || stdout.includes('level');
    });
    return { url, primary, replica, replication };
  }

  it('make a replica the primary in the middle of a run, which ends with every job counted once', async () => {
    const { url, primary, replica } = await startSentinels();

    const report = await runThrough(url, () => kill(primary));

    expectExact(report);
    expect(await replica.connect().info('replication')).toContain('role:master');
    expect(await requests()).toBeLessThanOrEqual(COMICS + 2 * WORKERS * SLOTS);
  }, 120_000);

  it('make a replica the primary while jobs are added, which has those that were lost added again', async () => {
    const { url, primary, replica, replication } = await startSentinels();
    const admin = primary.connect();
    const recorded = async (): Promise<number> =>
      Number((await admin.hget(KEYS.run(1), 'acknowledged')) ?? 0);
    for (let worker = 0; worker < WORKERS; worker += 1) start(url, ['work', '--kinds', 'sleeps']);
    const jobs = 60_000;
    const producer = start(url, [
      'enqueue',
      'sleeps',
      '0',
      '--times',
      String(jobs),
      '--wait',
      '--json',
    ]);

    await until('the first jobs', async () => (await recorded()) > 2000, 30_000);
    replication.mode = 'silent';
    const frozenAt = await recorded();
    await until('jobs that the replica lacks', async () => (await recorded()) > frozenAt + 5000);
    await kill(primary);
    await producer.ended;

    const said = producer.lines.join('\n');
    expect({ exitCode: producer.exitCode, said }).toMatchObject({ exitCode: 0 });
    expect(said).toMatch(/Trying again for 30 s/);
    expect(said).toMatch(/run-1: Redis has lost [\d,]+ jobs that it had ack/);
    expect(Report.parse(JSON.parse(producer.stdout))).toMatchObject({
      state: 'ended',
      queued: jobs,
      ended: jobs,
      outcomes: { slept: jobs },
    });
    expect(await replica.connect().info('replication')).toContain('role:master');
  }, 180_000);

  async function finished(redisUrl: string, args: readonly string[]): Promise<ProductProcess> {
    const product = start(redisUrl, args);
    await product.ended;
    return product;
  }
});

describe('a cluster of three', () => {
  type Node = Awaited<ReturnType<typeof startServer>>;

  async function startNode(): Promise<Node> {
    const place = ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'];
    const bus = ['--cluster-port', String(await freePort())];
    return startServer([...place, ...bus, '--cluster-node-timeout', '1500']);
  }

  async function idOf(node: Node): Promise<string> {
    return String(await node.connect().call('CLUSTER', 'MYID'));
  }

  async function untilInfo(node: Node, ...lines: string[]): Promise<void> {
    const connection = node.connect();
    await until(lines.join(', '), async () => {
      const info = `${String(await connection.call('CLUSTER', 'INFO'))}${await connection.info('replication')}`;
      return lines.every((line) => info.includes(line));
    });
  }

  /** Three primaries; the second has the slot of all our keys. */
  async function startCluster(): Promise<[Node, Node, Node]> {
    const nodes: [Node, Node, Node] = [await startNode(), await startNode(), await startNode()];
    const ranges = [
      ['0', '5460'],
      ['5461', '10922'],
      ['10923', '16383'],
    ] as const;
    for (const [index, node] of nodes.entries()) {
      await node.connect().call('CLUSTER', 'ADDSLOTSRANGE', ...(ranges[index] ?? []));
      await node.connect().call('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
    }
    for (const node of nodes.slice(1)) await meet(nodes[0], node);
    for (const node of nodes) await untilInfo(node, 'cluster_state:ok', 'cluster_size:3');
    return nodes;
  }

  async function meet(known: Node, added: Node): Promise<void> {
    const bus = await added.connect().config('GET', 'cluster-port');
    const busPort = String(bus[1]);
    await known.connect().call('CLUSTER', 'MEET', '127.0.0.1', String(added.port), busPort);
  }

  it('has a replica take over in the middle of a run, which ends with every job counted once', async () => {
    const [first, owner] = await startCluster();
    const replica = await startNode();
    await meet(first, replica);
    await untilInfo(replica, 'cluster_known_nodes:4', 'cluster_state:ok');
    await replica.connect().call('CLUSTER', 'REPLICATE', await idOf(owner));
    await untilInfo(replica, 'role:slave', 'master_link_status:up');

    const report = await runThrough(`redis+cluster://127.0.0.1:${first.port}`, () => kill(owner));

    expectExact(report);
    expect(await replica.connect().info('replication')).toContain('role:master');
    expect(await requests()).toBeLessThanOrEqual(COMICS + 2 * WORKERS * SLOTS);
  }, 120_000);

  it('moves the slot to another node in the middle of a run, which ends with every job counted once', async () => {
    const [taker, owner, third] = await startCluster();
    const slot = String(SLOT);

    const report = await runThrough(`redis+cluster://127.0.0.1:${third.port}`, async () => {
      const [from, to] = [owner.connect(), taker.connect()];
      const [fromId, toId] = [await idOf(owner), await idOf(taker)];
      await to.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId);
      await from.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId);
      const place = ['127.0.0.1', String(taker.port), '', '0', '5000', 'KEYS'] as const;
      while (true) {
        const keys = (await from.call('CLUSTER', 'GETKEYSINSLOT', slot, '20')) as string[];
        if (keys.length === 0) break;
        await from.call('MIGRATE', ...place, ...keys);
      }
      for (const node of [to, from, third.connect()]) {
        await node.call('CLUSTER', 'SETSLOT', slot, 'NODE', toId);
      }
    });

    expectExact(report);
    expect(await taker.connect().dbsize()).toBeGreaterThan(0);
    expect(await owner.connect().dbsize()).toBe(0);
    expect(await requests()).toBeLessThanOrEqual(COMICS + 2 * WORKERS * SLOTS);
  }, 120_000);
});
