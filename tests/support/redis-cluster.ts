/** A cluster of two nodes, of which the first has all slots but the last. */

import { parseRedisAddress, type RedisAddress } from '../../shared/redis/address.js';
import { openConnection, type RedisConnection } from '../../shared/redis/connection.js';
import { SLOT } from '../../shared/redis/keys.js';
import { until } from './condition.js';
import { freePort } from './free-port.js';
import { startTestRedis, type TestRedis } from './redis-server.js';

interface Node {
  readonly redis: TestRedis;
  readonly port: number;
  readonly bus: number;
  readonly id: string;
}

export class RedisCluster implements TestRedis {
  readonly #nodes: readonly [Node, Node];
  /** Which of the nodes has the slot of our keys. */
  #owner: 0 | 1 = 0;
  readonly #opened: RedisConnection[] = [];

  private constructor(nodes: readonly [Node, Node]) {
    this.#nodes = nodes;
  }

  static async open(): Promise<RedisCluster> {
    const nodes = [await startNode(), await startNode()] as const;
    const [one, two] = nodes;
    await one.redis.connect().call('CLUSTER', 'ADDSLOTSRANGE', '0', '16382');
    await two.redis.connect().call('CLUSTER', 'ADDSLOTSRANGE', '16383', '16383');
    await one.redis.connect().call('CLUSTER', 'MEET', '127.0.0.1', two.port, two.bus);
    await Promise.all(nodes.map(({ redis }) => untilComplete(redis)));
    return new RedisCluster(nodes);
  }

  /** The node that has our keys, and the other. */
  get servers(): readonly [TestRedis, TestRedis] {
    return [this.#nodes[0].redis, this.#nodes[1].redis];
  }

  /** Names the node that has not our keys. */
  get url(): string {
    return `redis+cluster://127.0.0.1:${this.#nodes[1].port}`;
  }

  get address(): RedisAddress {
    return parseRedisAddress(this.url);
  }

  /** The first node's. */
  get process(): TestRedis['process'] {
    return this.#nodes[0].redis.process;
  }

  connect(): RedisConnection {
    const connection = openConnection(this.address, { whenDown: 'wait' }, () => {});
    this.#opened.push(connection);
    return connection;
  }

  /** Starts the first node again after it was killed. */
  restart(): Promise<void> {
    return this.#nodes[0].redis.restart();
  }

  /** The second node gives up its slot and becomes the replica of the first. */
  async replicate(): Promise<void> {
    const [one, two] = this.#nodes;
    await two.redis.connect().call('CLUSTER', 'DELSLOTSRANGE', '16383', '16383');
    await two.redis.connect().call('CLUSTER', 'REPLICATE', one.id);
    const admin = one.redis.connect();
    await until('the replica is in step', async () => {
      return (await admin.info('replication')).includes('state=online');
    });
  }

  /** Moves the slot of our keys to the other node, a few keys at a time, as `redis-cli --cluster reshard` does. */
  async moveSlot(): Promise<void> {
    const from = this.#nodes[this.#owner];
    this.#owner = this.#owner === 0 ? 1 : 0;
    const to = this.#nodes[this.#owner];
    const [source, target] = [from.redis.connect(), to.redis.connect()];
    await target.call('CLUSTER', 'SETSLOT', SLOT, 'IMPORTING', from.id);
    await source.call('CLUSTER', 'SETSLOT', SLOT, 'MIGRATING', to.id);
    while (true) {
      const keys = (await source.call('CLUSTER', 'GETKEYSINSLOT', SLOT, 10)) as string[];
      if (keys.length === 0) break;
      await source.call('MIGRATE', '127.0.0.1', to.port, '', 0, 5000, 'KEYS', ...keys);
    }
    for (const admin of [target, source])
      await admin.call('CLUSTER', 'SETSLOT', SLOT, 'NODE', to.id);
  }

  async stop(): Promise<void> {
    for (const connection of this.#opened) connection.disconnect();
    for (const { redis } of this.#nodes) await redis.stop();
  }
}

async function startNode(): Promise<Node> {
  const [port, bus] = [await freePort(), await freePort()];
  const redis = await startTestRedis([
    ...`--port ${port} --cluster-port ${bus} --bind 127.0.0.1`.split(' '),
    ...'--cluster-announce-ip 127.0.0.1 --cluster-enabled yes'.split(' '),
    ...'--cluster-require-full-coverage no'.split(' '),
  ]);
  return { redis, port, bus, id: String(await redis.connect().call('CLUSTER', 'MYID')) };
}

async function untilComplete(node: TestRedis): Promise<void> {
  const admin = node.connect();
  await until('the node knows both', async () => {
    const info = String(await admin.call('CLUSTER', 'INFO'));
    return info.includes('cluster_state:ok') && info.includes('cluster_size:2');
  });
}
