/** BullMQ queues of ours, always with the same prefix and settings. */

import type { Queue } from 'bullmq';
import { kindOf } from '../kinds/kinds.js';
import { PREFIX } from '../redis/keys.js';
import type { RedisConnection } from '../redis/connection.js';
import { bullmq } from './bullmq.js';
import { RUNS_QUEUE, type Lane } from './lane.js';

/**
 * A limit that no lane reaches. One must be set, or BullMQ ignores the pauses that a site asks for
 * (measured); it stays far below the value by which BullMQ marks a pause.
 */
const UNREACHED_RATE = { max: 1_000_000_000, durationMs: 1000 } as const;

/** Opens the queue of a name. The connection stays the caller's; `close()` leaves it open. */
export function openQueue(name: string, connection: RedisConnection): Queue {
  const queue = new bullmq.Queue(name, { connection, prefix: PREFIX, skipVersionCheck: true });
  // The connection's owner reports its errors; without a listener here they would end the process.
  queue.on('error', () => {});
  return queue;
}

/** The queue of runs. */
export function openRunsQueue(connection: RedisConnection): Queue {
  return openQueue(RUNS_QUEUE, connection);
}

/**
 * Writes what a lane's workers must obey: where there is a site, a global rate limit, without which
 * its pauses have no effect; in a baseline lane, one job at a time. Cheap and repeatable: done before
 * jobs are added and when a worker starts.
 */
export async function prepareLane(queue: Queue, lane: Lane): Promise<void> {
  if (kindOf(lane.kind).site !== undefined) {
    await queue.setGlobalRateLimit(UNREACHED_RATE.max, UNREACHED_RATE.durationMs);
  }
  if (lane.baseline) await queue.setGlobalConcurrency(1);
}
