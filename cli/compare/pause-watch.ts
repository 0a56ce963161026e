/** Notices when a lane will not be worked for a long time. */

import { pauseFor } from '../../shared/base/wait.js';
import type { KindName } from '../../shared/kinds/kinds.js';
import { lanesOf } from '../../shared/queues/lane.js';
import { readSiteState } from '../../shared/queues/site-state.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { KEYS } from '../../shared/redis/keys.js';
import { formatDuration } from '../../shared/report/format.js';

/** Shorter pauses are waited out: a figure with a pause in it is poor, but a person asked for it. */
export const PAUSE_WAITED_OUT_MS = 60_000;

const LOOK_EVERY_MS = 250;

/** What keeps both lanes of a kind from being worked. */
export interface Pause {
  /** Milliseconds until it ends by itself; infinite where a person must end it. */
  readonly leftMs: number;
  /** As the end of "…, because". */
  readonly reason: string;
}

/** The pause in force, if there is one. */
export async function readPause(
  connection: RedisConnection,
  kind: KindName,
): Promise<Pause | undefined> {
  for (const lane of lanesOf(kind)) {
    if ((await connection.hexists(`${KEYS.queueBase(lane.name)}meta`, 'paused')) === 0) continue;
    return { leftMs: Number.POSITIVE_INFINITY, reason: `the lane ${lane.name} is paused by hand` };
  }
  const { pausedForMs, pauseReason } = await readSiteState(connection, kind);
  if (pausedForMs === 0) return undefined;
  const left = formatDuration(pausedForMs);
  return {
    leftMs: pausedForMs,
    reason: `the site is left alone for ${left} (${pauseReason ?? 'no reason known'})`,
  };
}

/** Resolves with a pause that is too long to be waited out, as soon as there is one. */
export async function longPause(
  connection: RedisConnection,
  kind: KindName,
  signal: AbortSignal,
): Promise<Pause | undefined> {
  while (await pauseFor(LOOK_EVERY_MS, signal)) {
    const pause = await readPause(connection, kind);
    if (pause !== undefined && pause.leftMs > PAUSE_WAITED_OUT_MS) return pause;
  }
  return undefined;
}
