/** A primary and its replica, each behind a proxy: the way to the service, and the way of replication. */

import { once } from 'node:events';
import { parseRedisAddress, type RedisAddress } from '../../shared/redis/address.js';
import { parseInfo } from '../../shared/redis/server-check.js';
import { until } from './condition.js';
import { freePort } from './free-port.js';
import { startTestRedis, type TestRedis } from './redis-server.js';
import { TcpProxy } from './tcp-proxy.js';

export class ReplicatedRedis {
  readonly primary: TestRedis;
  readonly replica: TestRedis;
  readonly #replicaPort: number;
  readonly #service: TcpProxy;
  readonly #replication: TcpProxy;

  private constructor(
    { primary, replica }: Pick<ReplicatedRedis, 'primary' | 'replica'>,
    replicaPort: number,
    { service, replication }: { readonly service: TcpProxy; readonly replication: TcpProxy },
  ) {
    this.primary = primary;
    this.replica = replica;
    this.#replicaPort = replicaPort;
    this.#service = service;
    this.#replication = replication;
  }

  /** Resolves when the replica is in step. */
  static async open(): Promise<ReplicatedRedis> {
    const [port, replicaPort] = [await freePort(), await freePort()];
    const at = (own: number) => ['--port', String(own), '--bind', '127.0.0.1'];
    const primary = await startTestRedis([...at(port), '--repl-diskless-sync-delay', '0']);
    const service = await TcpProxy.start({ port });
    const replication = await TcpProxy.start({ port });
    const of = ['--replicaof', '127.0.0.1', String(replication.port)];
    const replica = await startTestRedis([...at(replicaPort), ...of]);
    const admin = primary.connect();
    await until('the replica is in step', async () => {
      const info = parseInfo(await admin.info('replication'));
      return info['slave0']?.includes('state=online') === true;
    });
    return new ReplicatedRedis({ primary, replica }, replicaPort, { service, replication });
  }

  /** Leads to the server that is the primary. */
  get address(): RedisAddress {
    return parseRedisAddress(this.url);
  }

  get url(): string {
    return `redis://127.0.0.1:${this.#service.port}`;
  }

  /** From now on the replica hears nothing, and the primary does not notice for a minute. */
  freezeReplication(): void {
    this.#replication.mode = 'silent';
  }

  /** The primary is killed, and the replica takes over with what it has. */
  async failOver(): Promise<void> {
    this.primary.process.kill('SIGKILL');
    await once(this.primary.process, 'exit');
    this.#replication.mode = 'cut';
    await this.replica.connect().replicaof('NO', 'ONE');
    this.#service.target = { port: this.#replicaPort };
    this.#service.mode = 'cut';
    this.#service.mode = 'passing';
  }

  async close(): Promise<void> {
    await this.#service.close();
    await this.#replication.close();
    await this.replica.stop();
    await this.primary.stop();
  }
}
