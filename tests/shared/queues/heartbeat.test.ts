import { describe, expect, it } from 'vitest';
import {
  announceWorker,
  dismissWorker,
  listWorkers,
  HEARTBEAT_LASTS_MS,
  type Heartbeat,
} from '../../../shared/queues/heartbeat.js';
import type { RedisConnection } from '../../../shared/redis/connection.js';
import { KEYS } from '../../../shared/redis/keys.js';
import { useEmptyRedis } from '../../support/empty-redis.js';

const NOW_MS = 1_795_000_000_000;

let connection: RedisConnection;

useEmptyRedis((opened) => {
  connection = opened;
});

function heartbeat(id: string): Heartbeat {
  return {
    id,
    host: 'here',
    pid: 7,
    version: '0.1.0',
    startedAtMs: NOW_MS,
    queues: { comics: 10 },
    active: { comics: 0 },
    idleMs: {},
    skewMs: 0,
    out: '/data',
    storeId: 'a',
    sites: {},
    trouble: null,
  };
}

describe('listWorkers()', () => {
  it('lists workers by their newest heartbeat', async () => {
    expect(await listWorkers(connection)).toEqual([]);

    await announceWorker(connection, heartbeat('w1'), NOW_MS);
    await announceWorker(connection, heartbeat('w2'), NOW_MS);
    await announceWorker(connection, { ...heartbeat('w1'), active: { comics: 3 } }, NOW_MS);

    const workers = await listWorkers(connection);
    expect(workers.map(({ id }) => id)).toEqual(['w1', 'w2']);
    expect(workers[0]).toMatchObject({ active: { comics: 3 }, heardAtMs: NOW_MS });
  });

  it('forgets those that leave', async () => {
    await announceWorker(connection, heartbeat('w1'), NOW_MS);
    await dismissWorker(connection, 'w1');

    expect(await listWorkers(connection)).toEqual([]);
  });

  it('forgets those that were killed, as soon as their heartbeat expires', async () => {
    await announceWorker(connection, heartbeat('w1'), NOW_MS);
    const lastsMs = await connection.pttl(KEYS.worker('w1'));
    await connection.pexpire(KEYS.worker('w1'), 0);
    const gone = await listWorkers(connection);
    await announceWorker(connection, heartbeat('w2'), NOW_MS + HEARTBEAT_LASTS_MS);

    expect(lastsMs).toBeGreaterThan(HEARTBEAT_LASTS_MS - 2000);
    expect(gone).toEqual([]);
    expect(await connection.zrange(KEYS.workers, '0', '-1')).toEqual(['w2']);
  });

  it('skips heartbeats of another version', async () => {
    await announceWorker(connection, heartbeat('w1'), NOW_MS);
    await connection.set(KEYS.worker('w1'), '{"id":"w1"}');

    expect(await listWorkers(connection)).toEqual([]);
  });
});
