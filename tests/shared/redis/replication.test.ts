import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RedisConnection } from '../../../shared/redis/connection.js';
import { KEYS, SLOT } from '../../../shared/redis/keys.js';
import { checkReplication, unconfirmedReason } from '../../../shared/redis/replication.js';
import { freePort } from '../../support/free-port.js';
import { startTestRedis } from '../../support/redis-server.js';
import { ReplicatedRedis } from '../../support/replicated-redis.js';

let redis: ReplicatedRedis;
let connection: RedisConnection;

beforeEach(async () => {
  redis = await ReplicatedRedis.open();
  connection = redis.primary.connect();
});

afterEach(async () => {
  await redis.close();
});

async function findings(): Promise<string[]> {
  const found = await checkReplication(connection);
  return found.map(({ level, text }) => `${level} ${text}`);
}

it('has nothing to say of a server without replicas, nor of a replica', async () => {
  const alone = await startTestRedis();
  const startedAtMs = performance.now();

  expect(await checkReplication(alone.connect())).toEqual([]);
  expect(await checkReplication(redis.replica.connect())).toEqual([]);
  expect(await unconfirmedReason(alone.connect())).toBeUndefined();
  expect(performance.now() - startedAtMs).toBeLessThan(1000);
  await alone.stop();
});

it('sees a replica confirm what is written, and whether the primary needs one', async () => {
  expect(await findings()).toEqual([
    'ok a replica confirms what is written (1 replica)',
    expect.stringMatching(/^warn .*min-replicas-to-write 0/),
  ]);

  await connection.config('SET', 'min-replicas-to-write', '1');

  expect(await findings()).toEqual(['ok a replica confirms what is written (1 replica)']);
});

it('warns of a replica that does not keep up', async () => {
  redis.freezeReplication();

  const [first] = await findings();

  expect(first).toBe(
    'warn Redis has 1 replica, but no replica has confirmed within 3 s what was written: a failover would lose what is queued now. Look at INFO replication',
  );
});

it('says that WAIT is denied', async () => {
  await connection.acl('SETUSER', 'default', '-wait');
  await connection.set(KEYS.probe, '');

  expect(await unconfirmedReason(connection)).toBe('the user of REDIS_URL may not run WAIT');
});

it('knows the slot of our keys', async () => {
  const [port, bus] = [await freePort(), await freePort()];
  const at = ['--port', String(port), '--cluster-port', String(bus), '--bind', '127.0.0.1'];
  const node = await startTestRedis(['--cluster-enabled', 'yes', ...at]);

  expect(await node.connect().call('CLUSTER', 'KEYSLOT', KEYS.runCounter)).toBe(SLOT);
  await node.stop();
});
