/** Takes up a run again whose producer had fallen silent. */

import { type KindName, KINDS } from '../shared/kinds/kinds.js';
import { runName } from '../shared/queues/job.js';
import { openRunsQueue } from '../shared/queues/queue.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { KEYS } from '../shared/redis/keys.js';
import { addTrackerJob, moveRun } from '../shared/runs/run-store.js';
import type { RunState } from '../shared/runs/run.js';

/**
 * Moves an abandoned run back to `open` and puts it up for keeping again. Where its tracker had ended
 * it, that end is taken back: the run is live again. May be repeated.
 *
 * @returns the state the run is in afterwards; undefined when there is no such run.
 */
export async function reopenRun(
  connection: RedisConnection,
  number: number,
  { kind, total }: { readonly kind: KindName; readonly total: number },
  nowMs: number,
): Promise<RunState | undefined> {
  const state = await moveRun(connection, number, {
    to: 'open',
    from: ['open', 'abandoned'],
    fields: { heartbeatAtMs: nowMs },
  });
  if (state !== 'open') return state;
  await connection
    .multi()
    .hdel(KEYS.run(number), 'endedAtMs', 'report')
    .del(KEYS.series(number))
    .exec();
  const runsQueue = openRunsQueue(connection);
  await addTrackerJob(runsQueue, number, `${runName(number)} · ${total} ${KINDS[kind].plural}`);
  await runsQueue.close();
  return state;
}
