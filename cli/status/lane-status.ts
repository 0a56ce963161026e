/** How a lane is: its jobs, its pause, its rate. */

import type { Lane } from '../../shared/queues/lane.js';
import { type LaneState, readLaneState } from '../../shared/queues/lane-state.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { KEYS } from '../../shared/redis/keys.js';

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
  /** How long jobs have waited with none started; 0 unless that is a minute or more. */
  readonly starvedForMs: number;
}

export interface LanePause {
  readonly reason: string;
  /** Null where a person paused it: it lasts until somebody resumes it. */
  readonly leftMs: number | null;
}

/** Reads how a lane is. `nowMs` is Redis time. */
export async function readLaneStatus(
  connection: RedisConnection,
  lane: Lane,
  nowMs: number,
): Promise<LaneStatus> {
  const base = KEYS.queueBase(lane.name);
  const [state, completed, failed] = await Promise.all([
    readLaneState(connection, lane, nowMs),
    connection.zcard(`${base}completed`),
    connection.zcard(`${base}failed`),
  ]);
  return {
    lane: lane.name,
    waiting: state.waiting,
    active: state.active,
    delayed: state.delayed,
    completed,
    failed,
    pause: pauseOf(state),
    intervalMs: state.intervalMs ?? null,
    starvedForMs: state.starvedForMs,
  };
}

function pauseOf({ paused, sitePausedForMs, sitePauseReason }: LaneState): LanePause | null {
  if (paused) return { reason: 'by a person', leftMs: null };
  return sitePausedForMs > 0
    ? { reason: sitePauseReason ?? 'its site asked for it', leftMs: sitePausedForMs }
    : null;
}
