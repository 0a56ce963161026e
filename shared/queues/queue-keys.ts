/**
 * The keys in which BullMQ keeps a queue. They are private to BullMQ, so no other file names them:
 * after an update of the package, this is the file to check.
 */

import { PREFIX } from '../redis/keys.js';

/** The value by which BullMQ marks its limiter as a pause. */
export const LIMITER_PAUSED = Number.MAX_SAFE_INTEGER;

export interface QueueKeys {
  /** Prefix of all of them, colon included; a job's id follows. */
  readonly base: string;
  /** List: ids of waiting jobs; the next one is the last. */
  readonly waiting: string;
  /** List: ids of jobs that a worker has taken. */
  readonly active: string;
  /** List: where waiting jobs of a paused queue went before BullMQ 6. */
  readonly paused: string;
  /** Sorted set: ids of jobs that are tried again later. */
  readonly delayed: string;
  /** Sorted set: ids of waiting jobs with a priority. */
  readonly prioritized: string;
  readonly completed: string;
  readonly failed: string;
  /** Sorted set: ids of schedules, by when their next job is due. */
  readonly schedules: string;
  /** Hash: settings; it has the field `paused` while the queue is paused. */
  readonly meta: string;
  /** Stream: the newest events, stamped by Redis. */
  readonly events: string;
  /** String with a time to live: {@link LIMITER_PAUSED} while no worker may take a job. */
  readonly limiter: string;
  /** Hash: a job. */
  job(id: string): string;
}

/** The keys of the queue of a name. */
export function queueKeys(queue: string): QueueKeys {
  const base = `${PREFIX}:${queue}:`;
  return {
    base,
    waiting: `${base}wait`,
    active: `${base}active`,
    paused: `${base}paused`,
    delayed: `${base}delayed`,
    prioritized: `${base}prioritized`,
    completed: `${base}completed`,
    failed: `${base}failed`,
    schedules: `${base}repeat`,
    meta: `${base}meta`,
    events: `${base}events`,
    limiter: `${base}limiter`,
    job: (id) => `${base}${id}`,
  };
}
