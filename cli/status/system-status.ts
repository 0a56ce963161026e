/** Lanes, workers and the newest runs, at one moment. */

import { LANES } from '../../shared/queues/lane.js';
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

/** Reads everything at once: a few round trips, whatever the number of jobs. */
export async function readSystemStatus({ connection, clock }: RedisAccess): Promise<SystemStatus> {
  const nowMs = clock.now();
  const [lanes, workers, runs] = await Promise.all([
    Promise.all(LANES.map((lane) => readLaneStatus(connection, lane, nowMs))),
    listWorkers(connection),
    readListedRuns(connection, RUNS_SHOWN, nowMs),
  ]);
  return { lanes, workers, runs };
}
