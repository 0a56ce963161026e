/** Whether the workers on this machine take jobs: what a liveness probe asks. */

import { safeText } from '../shared/base/safe-text.js';
import { pauseFor } from '../shared/base/wait.js';
import { type Heartbeat, HEARTBEAT_EVERY_MS, listWorkers } from '../shared/queues/heartbeat.js';
import { QUEUES } from '../shared/queues/queue.js';
import { type QueueState, readQueueState } from '../shared/queues/queue-state.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { formatRoughDuration } from '../shared/report/format.js';

/** A worker that is ready takes a waiting job within milliseconds; this long means never. */
const STUCK_AFTER_MS = 60_000;

/** By then a worker that seemed stuck because a job was added just now has said that it took it. */
const LOOK_AGAIN_MS = HEARTBEAT_EVERY_MS + 1000;

const BASELINES = new Set(QUEUES.filter(({ baseline }) => baseline).map(({ name }) => name));

export interface Aliveness {
  /** `warn`: it takes no jobs for now and says why; starting it again would not help. */
  readonly level: 'ok' | 'warn' | 'fail';
  readonly text: string;
}

/**
 * Judges the workers of a host by their heartbeats and the queues they work; a worker that seems
 * stuck is looked at twice, some seconds apart.
 *
 * @throws what the connection throws when Redis does not answer.
 */
export async function checkAlive(
  connection: RedisConnection,
  host: string,
  signal: AbortSignal,
): Promise<Aliveness> {
  const first = await lookAt(connection, host);
  if (first.level !== 'fail' || !(await pauseFor(LOOK_AGAIN_MS, signal))) return first;
  return lookAt(connection, host);
}

async function lookAt(connection: RedisConnection, host: string): Promise<Aliveness> {
  const [[seconds], workers] = await Promise.all([connection.time(), listWorkers(connection)]);
  const nowMs = Number(seconds) * 1000;
  const own = workers.filter((worker) => worker.host === host);
  const worked = QUEUES.filter(({ name }) => own.some(({ queues }) => name in queues));
  const queues = await Promise.all(worked.map((queue) => readQueueState(connection, queue, nowMs)));
  return judge(host, own, queues);
}

/** Judges the workers of one host; the worst of them decides. */
export function judge(
  host: string,
  workers: readonly Heartbeat[],
  queues: readonly QueueState[],
): Aliveness {
  if (workers.length === 0) {
    return { level: 'fail', text: `no worker on ${safeText(host, 60)} sends heartbeats` };
  }
  const stuck = workers.flatMap((worker) =>
    queues.filter((queue) => isStuck(worker, queue)).map((queue) => stuckText(worker, queue)),
  );
  if (stuck.length > 0) return { level: 'fail', text: stuck.join('; ') };
  const troubled = workers.flatMap((worker) =>
    worker.trouble === null ? [] : `${nameOf(worker)}: ${safeText(worker.trouble)}`,
  );
  if (troubled.length > 0) return { level: 'warn', text: troubled.join('; ') };
  const names = workers.map(nameOf);
  return { level: 'ok', text: `${names.join(', ')} ${names.length === 1 ? 'takes' : 'take'} jobs` };
}

/**
 * Jobs wait that it could take, and it has taken none for long. Of a baseline queue one worker takes
 * them all, one at a time: the others are stuck only if that one is.
 */
function isStuck({ idleMs }: Heartbeat, queue: QueueState): boolean {
  const { name, waiting, active, pause, starvedForMs } = queue;
  if (waiting === 0 || pause !== undefined) return false;
  if (BASELINES.has(name) && (active > 0 || starvedForMs === 0)) return false;
  return (idleMs[name] ?? 0) >= STUCK_AFTER_MS;
}

function stuckText(worker: Heartbeat, { name, waiting }: QueueState): string {
  const idle = formatRoughDuration(worker.idleMs[name] ?? 0);
  return `${nameOf(worker)} has taken no job of ${name} for ${idle}, and ${waiting} wait`;
}

function nameOf({ id }: Heartbeat): string {
  return `worker ${safeText(id, 60)}`;
}
