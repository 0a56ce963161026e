/** Lanes, workers and the newest runs, at one moment. */

import type { Queue } from 'bullmq';
import { LANES } from '../../shared/queues/lane.js';
import { openQueue } from '../../shared/queues/queue.js';
import { listWorkers, type WorkerPresence } from '../../shared/queues/worker-presence.js';
import type { RedisAccess } from '../redis-access.js';
import { type ListedRun, readListedRuns } from '../run-table.js';
import { type LaneStatus, readLaneStatus } from './lane-status.js';

const RUNS_SHOWN = 5;

export interface SystemStatus {
  readonly lanes: readonly LaneStatus[];
  readonly workers: readonly WorkerPresence[];
  readonly runs: readonly ListedRun[];
}

export class StatusReader {
  private readonly redis: RedisAccess;
  private readonly queues: readonly Queue[];

  constructor(redis: RedisAccess) {
    this.redis = redis;
    this.queues = LANES.map((lane) => openQueue(lane.name, redis.connection));
  }

  /** Reads everything at once: a few round trips, whatever the number of jobs. */
  async read(): Promise<SystemStatus> {
    const { connection, clock } = this.redis;
    const nowMs = clock.now();
    const [workers, runs, lanes] = await Promise.all([
      listWorkers(connection),
      readListedRuns(connection, RUNS_SHOWN, nowMs),
      Promise.all(
        LANES.flatMap((lane, index) => {
          const queue = this.queues[index];
          return queue === undefined ? [] : [readLaneStatus(lane, queue, connection, nowMs)];
        }),
      ),
    ]);
    return { lanes, workers, runs };
  }

  /** Closes the queues; the connection stays. */
  async close(): Promise<void> {
    await Promise.all(this.queues.map((queue) => queue.close()));
  }
}
