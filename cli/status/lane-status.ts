/** How a lane is: its jobs, its pause, its rate. */

import type { Queue } from 'bullmq';
import type { Lane } from '../../shared/queues/lane.js';
import { readSiteState } from '../../shared/queues/site-state.js';
import { isStarving } from '../../shared/queues/starvation.js';
import type { RedisConnection } from '../../shared/redis/connection.js';

export interface LaneStatus {
  readonly lane: string;
  readonly waiting: number;
  readonly active: number;
  /** Waiting for their next attempt. */
  readonly delayed: number;
  /** Of the jobs that have ended, the newest are kept in the lane; runs count all of theirs. */
  readonly completed: number;
  readonly failed: number;
  /** Null when nothing keeps the lane from being worked. */
  readonly pause: LanePause | null;
  /** Requests to its site are this far apart, over all workers; null without a rate. */
  readonly intervalMs: number | null;
  readonly starving: boolean;
}

export interface LanePause {
  readonly reason: string;
  /** Null where a person paused it: it lasts until somebody resumes it. */
  readonly leftMs: number | null;
}

/** Reads how a lane is. */
export async function readLaneStatus(
  lane: Lane,
  queue: Queue,
  connection: RedisConnection,
  nowMs: number,
): Promise<LaneStatus> {
  const [counts, pausedByPerson, site, next] = await Promise.all([
    queue.getJobCounts('wait', 'prioritized', 'active', 'delayed', 'completed', 'failed'),
    queue.isPaused(),
    readSiteState(connection, lane.kind),
    queue.getJobs(['wait'], 0, 0, true),
  ]);
  const count = (state: string): number => counts[state] ?? 0;
  const waiting = count('wait') + count('prioritized');
  const pause = pauseOf(pausedByPerson, site.pausedForMs, site.pauseReason);
  const activity = {
    waiting,
    active: count('active'),
    paused: pause !== null,
    oldestWaitingMs: nowMs - (next[0]?.timestamp ?? nowMs),
  };
  return {
    lane: lane.name,
    waiting,
    active: activity.active,
    delayed: count('delayed'),
    completed: count('completed'),
    failed: count('failed'),
    pause,
    intervalMs: site.intervalMs ?? null,
    starving: isStarving(activity),
  };
}

function pauseOf(
  byPerson: boolean,
  siteMs: number,
  siteReason: string | undefined,
): LanePause | null {
  if (byPerson) return { reason: 'by a person', leftMs: null };
  return siteMs > 0 ? { reason: siteReason ?? 'its site asked for it', leftMs: siteMs } : null;
}
