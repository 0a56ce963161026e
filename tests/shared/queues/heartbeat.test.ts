import { describe, expect, it, test } from 'vitest';
import {
  announceWorker,
  dismissWorker,
  type Heartbeat,
  HEARTBEAT_LASTS_MS,
  listWorkers,
  storeSplitWarnings,
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

/** A worker with results of its own. */
function worker(host: string, storeId: string, queues = ['comics', 'comics-baseline']): Heartbeat {
  const slots = Object.fromEntries(queues.map((queue) => [queue, 10]));
  return { ...heartbeat(`${host}-1`), host, queues: slots, storeId };
}

test('storeSplitWarnings() names the places of workers that do not share their results', () => {
  const workers = [worker('one', 'a'), worker('two', 'b'), worker('three', 'a')];
  const warning =
    'The workers of comics do not share their results (one:/data, two:/data), so each fetches what others have. Give them one directory with --out.';

  expect(storeSplitWarnings(workers)).toEqual([warning]);
  expect(storeSplitWarnings(workers.toReversed())).toEqual([warning]);
});

test('storeSplitWarnings() names few of many places', () => {
  const workers = Array.from({ length: 40 }, (_, index) => worker(`host-${index}`, `${index}`));

  const [text] = storeSplitWarnings(workers);

  expect(text).toContain('(host-0:/data, host-10:/data, host-11:/data and 37 more)');
});

test.each([
  ['share a directory', [worker('one', 'a'), worker('two', 'a')]],
  ['fetch different kinds', [worker('one', 'a', ['comics']), worker('two', 'b', ['searches'])]],
  [
    'fetch from different sites',
    [
      { ...worker('one', 'a'), sites: { comic: 'https://xkcd.com/{id}' } },
      { ...worker('two', 'b'), sites: { comic: 'http://127.0.0.1:4000/{id}' } },
    ],
  ],
  ['store nothing', [worker('one', 'a', ['sleeps']), worker('two', 'b', ['sleeps'])]],
])('storeSplitWarnings() is silent about workers that %s', (_, workers) => {
  expect(storeSplitWarnings(workers)).toEqual([]);
});

test('storeSplitWarnings() sees that a baseline queue is of the same kind', () => {
  const workers = [worker('one', 'a', ['comics']), worker('two', 'b', ['comics-baseline'])];

  expect(storeSplitWarnings(workers)).toHaveLength(1);
});
