/** Whether what was written is on a replica as well, and would survive the loss of the server. */

import type { Redis } from 'ioredis';
import type { RedisConnection } from './connection.js';
import { KEYS, SLOT } from './keys.js';
import { parseInfo, type ServerFinding } from './server-check.js';

/** A replica that keeps up confirms within milliseconds; a person waits for one that does not. */
const CONFIRM_LIMIT_MS = 3000;

const PROBE_LASTS_MS = 1000;

/**
 * Waits until a replica has what this connection has written, for at most {@link CONFIRM_LIMIT_MS}. One
 * is enough: sentinels and clusters promote the replica that has most. Costs one exchange where there are
 * none.
 *
 * @returns why that is not known; undefined when it is, or there are no replicas.
 */
export async function unconfirmedReason(connection: RedisConnection): Promise<string | undefined> {
  const owner = ownerOf(connection);
  if (owner === undefined || Number((await replicationOf(owner))['connected_slaves'] ?? 0) === 0) {
    return undefined;
  }
  try {
    const confirmed = await owner.wait(1, CONFIRM_LIMIT_MS);
    return confirmed > 0
      ? undefined
      : `no replica has confirmed within ${CONFIRM_LIMIT_MS / 1000} s what was written`;
  } catch (error) {
    if (isDenied(error)) return 'the user of REDIS_URL may not run WAIT';
    throw error;
  }
}

/**
 * Tries whether a replica confirms what is written, and looks whether the server goes on without one.
 * Nothing where there are no replicas.
 */
export async function checkReplication(connection: RedisConnection): Promise<ServerFinding[]> {
  const owner = ownerOf(connection);
  const info = owner === undefined ? {} : await replicationOf(owner);
  const count = Number(info['connected_slaves'] ?? 0);
  if (info['role'] !== 'master' || count === 0) return [];
  await connection.set(KEYS.probe, '', 'PX', PROBE_LASTS_MS);
  const unconfirmed = await unconfirmedReason(connection);
  const replicas = count === 1 ? '1 replica' : `${count} replicas`;
  const confirms: ServerFinding =
    unconfirmed === undefined
      ? {
          about: 'replication',
          level: 'ok',
          text: `a replica confirms what is written (${replicas})`,
        }
      : {
          about: 'replication',
          level: 'warn',
          text: `Redis has ${replicas}, but ${unconfirmed}: a failover would lose what is queued now. Look at INFO replication`,
        };
  // The server has this field only while the setting is not 0.
  return 'min_slaves_good_slaves' in info ? [confirms] : [confirms, WITHOUT_REPLICAS];
}

const WITHOUT_REPLICAS: ServerFinding = {
  about: 'replication',
  level: 'warn',
  text: 'Redis also takes jobs that no replica can take over (min-replicas-to-write 0), to be lost in a failover: run CONFIG SET min-replicas-to-write 1',
};

/** WAIT names no key, and is about the connection that wrote: a cluster would send it to any node. */
function ownerOf(connection: RedisConnection): Redis | undefined {
  if (!('slots' in connection)) return connection;
  const [primary] = connection.slots[SLOT] ?? [];
  return connection
    .nodes('master')
    .find(({ options: { host, port } }) => `${host}:${port}` === primary);
}

/** Nothing where Redis does not tell, which is warned of when it is opened. */
async function replicationOf(owner: Redis): Promise<Readonly<Record<string, string>>> {
  try {
    return parseInfo(await owner.info('replication'));
  } catch (error) {
    if (isDenied(error)) return {};
    throw error;
  }
}

function isDenied(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOPERM');
}
