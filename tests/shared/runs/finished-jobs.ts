/** Finished jobs as BullMQ and our worker leave them in Redis, and the fold script run on them alone. */

import { readFileSync } from 'node:fs';
import { queueKeys } from '../../../shared/queues/queue-keys.js';
import type { RedisConnection } from '../../../shared/redis/connection.js';
import { KEYS } from '../../../shared/redis/keys.js';
import { runScript, script } from '../../../shared/redis/script.js';
import { foldArguments, type FoldArguments } from '../../../shared/runs/tally.js';

/** Keys of the queue whose jobs they are. */
export const QUEUE_KEYS = queueKeys('comics');

/** When the runs of these tests begin: an hour ago, for a time far from Redis's is not believed. */
export const BEGIN_MS = Date.now() - 3_600_000;

export type FinishedSet = 'completed' | 'failed';

/** The text of the script, for tests that change it. */
export const FOLD_SOURCE = readFileSync(
  new URL('../../../shared/runs/fold.lua', import.meta.url),
  'utf8',
);

/** Writes the record of a run of `total` jobs, as far as the script reads it. */
export async function writeRun(
  connection: RedisConnection,
  run: number,
  total: number | string,
): Promise<void> {
  await connection.hset(KEYS.run(run), { createdAtMs: BEGIN_MS, total });
}

/** Puts a job among the finished ones of the queue. */
export async function finish(
  connection: RedisConnection,
  id: string,
  ending: unknown,
  { set = 'completed', ...fields }: { set?: FinishedSet } & Record<string, string> = {},
): Promise<void> {
  const field = set === 'completed' ? 'returnvalue' : 'ending';
  const stored = typeof ending === 'string' ? ending : JSON.stringify(ending);
  await connection.hset(QUEUE_KEYS.job(id), {
    data: '{"id":1}',
    [field]: stored,
    pb: 'w1',
    ...fields,
  });
  await connection.zadd(QUEUE_KEYS[set], String(BEGIN_MS + 1000), id);
}

/** Runs the script once; resolves with the number of jobs it has looked at. */
export async function runFold(
  connection: RedisConnection,
  options: { set?: FinishedSet; source?: string; changes?: Partial<FoldArguments> } = {},
): Promise<unknown> {
  const { set = 'completed', source = FOLD_SOURCE, changes = {} } = options;
  return runScript(
    connection,
    script(source),
    [QUEUE_KEYS[set], KEYS.foldJournal, KEYS.totals('comics')],
    [set, QUEUE_KEYS.base, KEYS.runBase, JSON.stringify({ ...foldArguments(), ...changes })],
  );
}

/** All that lies in Redis: values by key, those of sets and hashes in a fixed order. */
export async function contents(connection: RedisConnection): Promise<Record<string, unknown>> {
  const keys = (await connection.keys('*')).toSorted();
  const values = await Promise.all(keys.map((key) => contentsOf(connection, key)));
  return Object.fromEntries(keys.map((key, index) => [key, values[index]]));
}

async function contentsOf(connection: RedisConnection, key: string): Promise<unknown> {
  switch (await connection.type(key)) {
    case 'hash':
      return Object.entries(await connection.hgetall(key)).toSorted(([a], [b]) => (a < b ? -1 : 1));
    case 'zset':
      return connection.zrange(key, '0', '-1', 'WITHSCORES');
    case 'list':
      return connection.lrange(key, 0, -1);
    default:
      return (await connection.getBuffer(key))?.toString('hex');
  }
}
