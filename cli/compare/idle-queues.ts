/** Checks that nothing else works or waits in the queues of a measurement. */

import { CommandError, EXIT } from '../../shared/base/errors.js';
import { proposed } from '../../shared/base/proposed-command.js';
import { siteText } from '../../shared/base/safe-text.js';
import { pauseFor } from '../../shared/base/wait.js';
import type { KindName } from '../../shared/kinds/kinds.js';
import { proposedAt, proposedWorker } from '../../shared/kinds/site.js';
import { runName } from '../../shared/queues/job.js';
import { type JobQueue, queuesOf } from '../../shared/queues/queue.js';
import { type QueuePause, readQueuePause } from '../../shared/queues/queue-state.js';
import { type Heartbeat, isWorkerOf, listWorkers } from '../../shared/queues/heartbeat.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { pauseStandstill } from '../../shared/report/standstill.js';
import { liveRuns } from '../../shared/runs/run-store.js';

/** Workers named in a message. */
const NAMES_SHOWN = 3;

/** Shorter pauses are waited out: a figure with a pause in it is poor, but a person asked for it. */
const PAUSE_WAITED_OUT_MS = 60_000;

const LOOK_EVERY_MS = 250;

/**
 * Checks that no run is in the queues of a kind, that they are not paused for long, and that no worker is
 * connected to them.
 *
 * @throws CommandError (timed out: it may succeed later) that says what to do.
 */
export async function requireIdleQueues(
  connection: RedisConnection,
  kind: KindName,
): Promise<void> {
  await requireQuietQueues(connection, kind);
  const workers = await workersOf(connection, kind);
  if (workers.length === 0) return;
  const names = workers.slice(0, NAMES_SHOWN).map(({ id }) => id);
  const more = workers.length > NAMES_SHOWN ? ' and others' : '';
  throw busy(
    kind,
    `${names.join(', ')}${more} would take its jobs`,
    'Stop these workers, or measure them with --use-workers',
  );
}

/**
 * Checks that nothing but workers is in the queues of a kind.
 *
 * @param site URL template that the workers must be configured for
 * @returns the workers connected to both queues.
 * @throws CommandError (timed out) when the queues are in use; (unavailable) without a worker.
 */
export async function requireConnectedWorkers(
  connection: RedisConnection,
  kind: KindName,
  site: string,
): Promise<Heartbeat[]> {
  await requireQuietQueues(connection, kind);
  const queues = queuesOf(kind);
  const workers = (await workersOf(connection, kind)).filter((worker) =>
    queues.some((queue) => isWorkerOf(worker, queue, site)),
  );
  if (queues.every(({ name }) => workers.some((worker) => name in worker.queues))) return workers;
  const which = site === '' ? '' : ` that asks ${siteText(site)}`;
  throw new CommandError(
    EXIT.unavailable,
    `Cannot measure connected workers: none${which} is connected to ${queues.map(({ name }) => name).join(' and ')}. Start one: ${proposedWorker(kind, site)}`,
  );
}

async function requireQuietQueues(connection: RedisConnection, kind: KindName): Promise<void> {
  const pause = await readPause(connection, kind);
  if (pause !== undefined && pause.leftMs > PAUSE_WAITED_OUT_MS) {
    throw busy(kind, pause.reason, `To go on sooner: ${proposed('resume', pause.queue)}`);
  }
  const names = new Set(queuesOf(kind).map(({ name }) => name));
  // Jobs of a cancelled run end unfetched as soon as a worker takes them.
  const run = (await liveRuns(connection)).find(
    ({ queue, state }) => names.has(queue.name) && state !== 'cancelled',
  );
  if (run !== undefined) {
    const name = runName(run.number);
    // Nobody works it: waiting would last for ever.
    const isWorked = (await workersOf(connection, kind)).length > 0;
    const end = isWorked
      ? `Wait for it: ${proposed('wait', name)}`
      : `Finish it: ${proposedAt(kind, run.site, 'get', '--resume', name)}`;
    throw busy(kind, `${name} is not over`, `${end}; or give it up: ${proposed('cancel', name)}`);
  }
}

async function workersOf(connection: RedisConnection, kind: KindName): Promise<Heartbeat[]> {
  const workers = await listWorkers(connection);
  return workers.filter(({ queues }) => queuesOf(kind).some(({ name }) => name in queues));
}

function busy(kind: KindName, fact: string, nextStep: string): CommandError {
  const queues = queuesOf(kind).map(({ name }) => name);
  return new CommandError(
    EXIT.timedOut,
    `Cannot compare while ${queues.join(' and ')} are not idle: ${fact}. ${nextStep}`,
  );
}

/** What keeps a queue of a kind from being worked. */
export interface Pause {
  readonly queue: string;
  /** Milliseconds until it ends by itself; infinite where a person must end it. */
  readonly leftMs: number;
  /** As a clause: `comics is paused by hand`. */
  readonly reason: string;
}

/** The current pause, if there is one. */
async function readPause(connection: RedisConnection, kind: KindName): Promise<Pause | undefined> {
  const pauses: Pause[] = [];
  for (const queue of queuesOf(kind)) {
    const pause = await readQueuePause(connection, queue);
    if (pause !== undefined) pauses.push(pauseOf(queue, pause));
  }
  // The longest, which is a person's if there is one.
  return pauses.toSorted((a, b) => b.leftMs - a.leftMs)[0];
}

function pauseOf(queue: JobQueue, pause: QueuePause): Pause {
  const { text, endsInMs } = pauseStandstill(queue, pause);
  // Nobody knows how long an outage lasts: what is measured meanwhile says nothing.
  return { queue: queue.name, leftMs: endsInMs ?? Number.POSITIVE_INFINITY, reason: text };
}

/** Resolves with the first pause that is too long to be waited out; undefined when the signal aborts. */
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
