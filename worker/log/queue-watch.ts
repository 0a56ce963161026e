/**
 * Watches what others do to the queues of a worker, and tells it: pauses by hand or at a site's wish,
 * and their end, and changes of a rate. That a site is away is told by who finds it out (`site-limiter.ts`).
 */

import type { RateLimitedLog } from '../../shared/base/logger.js';
import { pauseFor } from '../../shared/base/wait.js';
import { kindOf } from '../../shared/kinds/kinds.js';
import type { JobQueue } from '../../shared/queues/queue.js';
import { type QueuePause, readQueuePause } from '../../shared/queues/queue-state.js';
import { readSiteState } from '../../shared/queues/site-state.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { formatPace } from '../../shared/report/format.js';
import { pauseStandstill } from '../../shared/report/standstill.js';

const LOOK_EVERY_MS = 1000;

export interface QueueWatchDeps {
  readonly connection: RedisConnection;
  readonly queues: readonly JobQueue[];
  readonly log: RateLimitedLog;
}

/** What was seen of a queue. */
interface Seen {
  readonly pause: QueuePause | undefined;
  readonly intervalMs: number | undefined;
}

/** Tells changes until the signal aborts. */
export async function watchQueues(deps: QueueWatchDeps, signal: AbortSignal): Promise<void> {
  const seen = new Map<JobQueue, Seen>();
  do {
    for (const queue of deps.queues) {
      // Redis has its own lines when it is in trouble; the next look makes up for this one.
      const now = await look(deps.connection, queue).catch(() => undefined);
      if (now === undefined) continue;
      const before = seen.get(queue) ?? { pause: undefined, intervalMs: now.intervalMs };
      seen.set(queue, now);
      tell(queue, before, now, deps.log);
    }
  } while (await pauseFor(LOOK_EVERY_MS, signal));
}

async function look(connection: RedisConnection, queue: JobQueue): Promise<Seen> {
  const [pause, { intervalMs }] = await Promise.all([
    readQueuePause(connection, queue),
    readSiteState(connection, queue.kind),
  ]);
  // Both queues of a site pause with it: the one that is worked as always stands for both.
  const isOwn = pause?.by === 'person' || (pause?.by === 'site' && !queue.baseline);
  return { pause: isOwn ? pause : undefined, intervalMs };
}

function tell(queue: JobQueue, before: Seen, now: Seen, log: RateLimitedLog): void {
  const { name, kind, baseline } = queue;
  if (before.pause?.by !== now.pause?.by) {
    if (now.pause === undefined) log.info(`${name} go on`, { queue: name });
    else log.info(pauseStandstill(queue, now.pause).text, { queue: name });
  }
  if (baseline || before.intervalMs === now.intervalMs) return;
  const { plural } = kindOf(kind);
  const rate = now.intervalMs === undefined ? 'no rate any more' : formatPace(now.intervalMs);
  log.info(`The rate of ${plural}: ${rate}`, { kind, intervalMs: now.intervalMs ?? null });
}
