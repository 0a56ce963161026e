/** A queue as it is now: what waits, what keeps it from being worked. */

import type { RedisConnection } from '../redis/connection.js';
import { KEYS } from '../redis/keys.js';
import type { JobQueue } from './queue.js';
import { readSiteState } from './site-state.js';

/** Jobs that wait this long while none starts, on a queue that is not paused: something is wrong. */
export const STARVED_AFTER_MS = 60_000;

/** Events looked at for the last start: the newest ones. */
const EVENTS_READ = 100;

export interface QueueState {
  readonly name: string;
  readonly waiting: number;
  readonly active: number;
  /** Jobs that will be tried again later. */
  readonly delayed: number;
  /** Time between two requests to its site, over all workers; undefined without a rate. */
  readonly intervalMs: number | undefined;
  /** Whether a person has paused it. */
  readonly paused: boolean;
  /** How long its site wants to be left alone; 0 when it may be asked. */
  readonly sitePausedForMs: number;
  readonly sitePauseReason: string | undefined;
  /** How long jobs have waited with none started; 0 unless that is {@link STARVED_AFTER_MS} or more. */
  readonly starvedForMs: number;
}

/** Reads a queue. `nowMs` is Redis time. */
export async function readQueueState(
  connection: RedisConnection,
  queue: JobQueue,
  nowMs: number,
): Promise<QueueState> {
  const key = (set: string): string => `${KEYS.queueBase(queue.name)}${set}`;
  const [waiting, prioritized, active, delayed, paused, site] = await Promise.all([
    connection.llen(key('wait')),
    connection.zcard(key('prioritized')),
    connection.llen(key('active')),
    connection.zcard(key('delayed')),
    connection.hexists(key('meta'), 'paused'),
    readSiteState(connection, queue.kind),
  ]);
  const state = {
    name: queue.name,
    waiting: waiting + prioritized,
    active,
    delayed,
    intervalMs: site.intervalMs,
    paused: paused === 1,
    sitePausedForMs: site.pausedForMs,
    sitePauseReason: site.pauseReason,
  };
  const mayStart = state.waiting > 0 && !state.paused && state.sitePausedForMs === 0;
  const idleMs = mayStart ? nowMs - (await waitingSinceMs(connection, queue)) : 0;
  return { ...state, starvedForMs: idleMs >= STARVED_AFTER_MS ? idleMs : 0 };
}

/**
 * Since when the next job has waited and none has started: the later of its adding and the last
 * start. BullMQ's stream of events holds the starts, stamped by Redis; where the newest events hold
 * none, none has happened since the oldest of them.
 */
async function waitingSinceMs(connection: RedisConnection, queue: JobQueue): Promise<number> {
  const base = KEYS.queueBase(queue.name);
  const [next, events] = await Promise.all([
    connection.lindex(`${base}wait`, -1),
    connection.xrevrange(`${base}events`, '+', '-', 'COUNT', EVENTS_READ),
  ]);
  const added = next === null ? null : await connection.hget(`${base}${next}`, 'timestamp');
  const start = events.find(([, fields]) => fields[fields.indexOf('event') + 1] === 'active');
  const lastStartMs = timeOf(
    start?.[0] ?? (events.length < EVENTS_READ ? '0' : events.at(-1)?.[0]),
  );
  return Math.max(Number(added ?? 0), lastStartMs);
}

/** The time in the id of an event, `1795418142124-0`. */
function timeOf(id = '0'): number {
  return Number(id.split('-', 1)[0]);
}
