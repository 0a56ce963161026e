/**
 * The state of a queue: how many jobs it holds, what keeps them from being worked, and what it has done since
 * its first job.
 */

import { countFailed, type Outcome, OUTCOME_TABLE, OUTCOMES } from '../base/outcome.js';
import type { RedisConnection } from '../redis/connection.js';
import { KEYS } from '../redis/keys.js';
import { queueKeys } from './queue-keys.js';
import { type JobQueue, RUNS_QUEUE } from './queue.js';
import { readSiteState, type SiteState } from './site-state.js';

/**
 * A queue is starved when jobs have waited this long, none was started, and it is not paused; where a
 * rate has them start more seldom, when so many of them should have.
 */
export const STARVED_AFTER_MS = 60_000;
const STARVED_AFTER_STARTS = 2;

/** Events searched for the last start of a job, newest first. */
const EVENTS_READ = 100;

/** The jobs that a queue holds. */
export interface JobCounts {
  readonly waiting: number;
  readonly active: number;
  /** Jobs that wait for their next attempt. */
  readonly delayed: number;
}

export interface QueueState extends JobCounts {
  readonly name: string;
  /** Jobs answered since the first: stored, kept, missing or slept. */
  readonly done: number;
  /** Failures that no later run has tried again. */
  readonly failed: number;
  /** Time between two requests to the queue's site, over all workers; undefined without a rate. */
  readonly intervalMs: number | undefined;
  readonly pause: QueuePause | undefined;
  /** How long jobs have waited with none started; 0 before the queue is starved. */
  readonly starvedForMs: number;
}

/** What keeps the jobs of a queue from being started. */
export interface QueuePause {
  /**
   * `person`: by `pause`; `site`: the queue's site asked to be left alone; `outage`: it does not
   * answer, and the time left is that until the next probe.
   */
  readonly by: 'person' | 'site' | 'outage';
  /** Why, in a few words: a reason code where the site is the cause. */
  readonly reason: string;
  /** Milliseconds until it ends by itself; undefined where it lasts until `resume`. */
  readonly leftMs: number | undefined;
}

/** Reads the state of a queue. `nowMs` is Redis time. */
export async function readQueueState(
  connection: RedisConnection,
  queue: JobQueue,
  nowMs: number,
): Promise<QueueState> {
  const [counts, totals, byPerson, site] = await Promise.all([
    countJobs(connection, queue),
    readQueueTotals(connection, queue.name),
    isPausedByPerson(connection, queue.name),
    readSiteState(connection, queue.kind),
  ]);
  const pause = pauseOf(byPerson, site);
  const mayStart = counts.waiting > 0 && pause === undefined;
  const idleMs = mayStart ? nowMs - (await waitingSinceMs(connection, queue)) : 0;
  const idleMaxMs = Math.max(STARVED_AFTER_MS, STARVED_AFTER_STARTS * (site.intervalMs ?? 0));
  return {
    name: queue.name,
    ...counts,
    done: countAnswered(totals.outcomes),
    failed: openFailures(totals),
    intervalMs: site.intervalMs,
    pause,
    starvedForMs: idleMs >= idleMaxMs ? idleMs : 0,
  };
}

/** The state of a queue in which nothing waits, and that nothing keeps. */
export function emptyQueueState(name: string): QueueState {
  return {
    name,
    waiting: 0,
    active: 0,
    delayed: 0,
    done: 0,
    failed: 0,
    intervalMs: undefined,
    pause: undefined,
    starvedForMs: 0,
  };
}

/** Reads what keeps a queue from being worked; undefined when nothing does. */
export async function readQueuePause(
  connection: RedisConnection,
  queue: JobQueue,
): Promise<QueuePause | undefined> {
  const [byPerson, site] = await Promise.all([
    isPausedByPerson(connection, queue.name),
    readSiteState(connection, queue.kind),
  ]);
  return pauseOf(byPerson, site);
}

/** Whether a queue holds jobs that have not ended. */
export async function holdsJobs(connection: RedisConnection, queue: JobQueue): Promise<boolean> {
  const { waiting, active, delayed } = await countJobs(connection, queue);
  return waiting + active + delayed > 0;
}

/** How many jobs have ended that no run tracker has counted yet: those that it has have a negative score. */
export async function countUncounted(
  connection: RedisConnection,
  { name }: JobQueue,
): Promise<number> {
  const { completed, failed } = queueKeys(name);
  const counts = [completed, failed].map((set) => connection.zcount(set, 0, '+inf'));
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

/** Whether `pause` was typed for the queue of a name; that of the runs is one, too. */
async function isPausedByPerson(connection: RedisConnection, queueName: string): Promise<boolean> {
  return (await connection.hexists(queueKeys(queueName).meta, 'paused')) === 1;
}

/** Whether the queue of runs is paused: no tracker starts then, and no run ends. */
export async function areTrackersPaused(connection: RedisConnection): Promise<boolean> {
  return isPausedByPerson(connection, RUNS_QUEUE);
}

/** A person's pause goes first: it outlasts the site's. */
function pauseOf(byPerson: boolean, site: SiteState): QueuePause | undefined {
  if (byPerson) return { by: 'person', reason: 'by hand', leftMs: undefined };
  const { outage, pausedForMs, pauseReason } = site;
  if (outage !== undefined) {
    return { by: 'outage', reason: outage.reason, leftMs: outage.nextProbeInMs };
  }
  if (pausedForMs === 0) return undefined;
  return { by: 'site', reason: pauseReason ?? 'its site asked for it', leftMs: pausedForMs };
}

/** Counts the jobs that a queue holds. */
export async function countJobs(connection: RedisConnection, queue: JobQueue): Promise<JobCounts> {
  const keys = queueKeys(queue.name);
  const [waiting, paused, prioritized, active, delayed] = await Promise.all([
    connection.llen(keys.waiting),
    connection.llen(keys.paused),
    connection.zcard(keys.prioritized),
    connection.llen(keys.active),
    connection.zcard(keys.delayed),
  ]);
  return { waiting: waiting + paused + prioritized, active, delayed };
}

/**
 * Since when the next job has waited and none has started: the later of its adding and the last
 * start. BullMQ's stream of events holds the starts, stamped by Redis; where the newest events hold
 * none, none has happened since the oldest of them.
 */
async function waitingSinceMs(connection: RedisConnection, queue: JobQueue): Promise<number> {
  const keys = queueKeys(queue.name);
  const [next, events] = await Promise.all([
    connection.lindex(keys.waiting, -1),
    connection.xrevrange(keys.events, '+', '-', 'COUNT', EVENTS_READ),
  ]);
  const added = next === null ? null : await connection.hget(keys.job(next), 'timestamp');
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

/** Times by bucket, as in the histogram of a run, and all of them together. */
export interface Times {
  readonly histogram: ReadonlyMap<number, number>;
  readonly sumMs: number;
}

/**
 * What a queue has done since its first job: counters that only grow, whatever is forgotten of its runs.
 * `fold.lua` raises them in the call that counts a job in the tally of its run.
 */
export interface QueueTotals {
  /** Jobs that ended, those that were given up with their run included. */
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>;
  /** Attempts that were made again, by the reason for it. */
  readonly retries: Readonly<Record<string, number>>;
  readonly bytes: number;
  readonly stalls: number;
  /** How long jobs waited for their first start, by the clocks of producer and Redis. */
  readonly waits: Times;
  /** How long fetches took, and sleeps. */
  readonly fetches: Times;
  /** Failures that a later run has tried again: it counts how that went. */
  readonly triedAgain: number;
}

/** Reads the totals of a queue; all zero before its first job has ended. */
export async function readQueueTotals(
  connection: RedisConnection,
  queue: string,
): Promise<QueueTotals> {
  const fields = await connection.hgetall(KEYS.totals(queue));
  const count = (field: string): number => Number(fields[field] ?? 0);
  const outcomes: Partial<Record<Outcome, number>> = {};
  for (const outcome of OUTCOMES) {
    const dropped = OUTCOME_TABLE[outcome].sort === 'given-up' ? count('dropped') : 0;
    const ended = count(`outcome:${outcome}`) + dropped;
    if (ended > 0) outcomes[outcome] = ended;
  }
  return {
    outcomes,
    retries: Object.fromEntries(withPrefix(fields, 'retry:')),
    bytes: count('bytes'),
    stalls: count('stalls'),
    waits: timesIn(fields, 'wait'),
    fetches: timesIn(fields, 'fetch'),
    triedAgain: count('triedAgain'),
  };
}

function timesIn(fields: Readonly<Record<string, string>>, name: string): Times {
  const counts = withPrefix(fields, `${name}:`);
  return {
    histogram: new Map(counts.map(([bucket, count]) => [Number(bucket), count])),
    sumMs: Number(fields[`${name}Ms`] ?? 0),
  };
}

function withPrefix(fields: Readonly<Record<string, string>>, prefix: string): [string, number][] {
  return Object.entries(fields)
    .filter(([field]) => field.startsWith(prefix))
    .map(([field, count]) => [field.slice(prefix.length), Number(count)]);
}

/** Jobs that were answered: stored, kept, missing or slept. */
export function countAnswered(outcomes: QueueTotals['outcomes']): number {
  return OUTCOMES.filter((outcome) => OUTCOME_TABLE[outcome].sort === 'answer').reduce(
    (sum, outcome) => sum + (outcomes[outcome] ?? 0),
    0,
  );
}

/** Failures that nothing has been done about: a run that tried them again counts its own. */
export function openFailures({ outcomes, triedAgain }: QueueTotals): number {
  return Math.max(0, countFailed(outcomes) - triedAgain);
}
