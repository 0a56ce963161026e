/** When a worker that drains may leave. */

import { pauseFor } from '../shared/base/wait.js';
import type { Lane } from '../shared/queues/lane.js';
import { readSiteState } from '../shared/queues/site-state.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { KEYS } from '../shared/redis/keys.js';
import { liveRuns } from '../shared/runs/run-store.js';
import type { LaneWorker } from './lane-worker.js';

/** Why a worker left by itself. */
export type WorkerEnd =
  | { readonly type: 'drained' }
  /** A lane has been paused for over a minute with jobs in it. */
  | { readonly type: 'lane-paused'; readonly lane: string; readonly reason: string };

const LOOK_EVERY_MS = 200;
const PAUSED_MAX_MS = 60_000;

export interface DrainTerms {
  readonly connection: RedisConnection;
  readonly lanes: readonly LaneWorker[];
  /** Aborted when the worker stops for another reason. */
  readonly signal: AbortSignal;
}

/** Resolves when the lanes hold nothing and no run of theirs is open or unreported. */
export async function watchForDrain(terms: DrainTerms): Promise<WorkerEnd> {
  const { connection, signal } = terms;
  const lanes = terms.lanes.map(({ lane }) => lane);
  const pausedSinceMs = new Map<string, number>();
  while (await pauseFor(LOOK_EVERY_MS, signal)) {
    if (await isDrained(connection, lanes)) return { type: 'drained' };
    for (const lane of lanes) {
      const pause = await pauseOf(connection, lane);
      if (pause === undefined) {
        pausedSinceMs.delete(lane.name);
        continue;
      }
      const sinceMs = pausedSinceMs.get(lane.name) ?? performance.now();
      pausedSinceMs.set(lane.name, sinceMs);
      const pausedMs = performance.now() - sinceMs + pause.leftMs;
      if (pausedMs > PAUSED_MAX_MS && (await holdsJobs(connection, lane))) {
        return { type: 'lane-paused', lane: lane.name, reason: pause.reason };
      }
    }
  }
  throw new Error('The worker stopped before it was drained');
}

async function isDrained(connection: RedisConnection, lanes: readonly Lane[]): Promise<boolean> {
  for (const lane of lanes) {
    if (await holdsJobs(connection, lane)) return false;
  }
  const names = new Set(lanes.map(({ name }) => name));
  return !(await liveRuns(connection)).some((run) => names.has(run.lane.name));
}

async function holdsJobs(connection: RedisConnection, lane: Lane): Promise<boolean> {
  const base = KEYS.queueBase(lane.name);
  const counts = await Promise.all([
    connection.llen(`${base}wait`),
    connection.llen(`${base}active`),
    connection.llen(`${base}paused`),
    connection.zcard(`${base}delayed`),
    connection.zcard(`${base}prioritized`),
  ]);
  return counts.some((count) => count > 0);
}

interface Pause {
  /** How long it will last from now; 0 where nobody knows. */
  readonly leftMs: number;
  readonly reason: string;
}

async function pauseOf(connection: RedisConnection, lane: Lane): Promise<Pause | undefined> {
  const { pausedForMs, pauseReason } = await readSiteState(connection, lane.kind);
  if (pausedForMs > 0) return { leftMs: pausedForMs, reason: pauseReason ?? 'its site' };
  const paused = await connection.hexists(`${KEYS.queueBase(lane.name)}meta`, 'paused');
  return paused === 1 ? { leftMs: 0, reason: 'a person' } : undefined;
}
