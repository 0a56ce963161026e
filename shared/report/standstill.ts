/**
 * Why nothing moves: every state in which the jobs of a run stand still, in words, with the command
 * that ends it. `wait`, `status` and the board read it here.
 */

import { isReason, REASONS } from '../base/outcome.js';
import { proposed } from '../base/proposed-command.js';
import { safeText, siteText } from '../base/safe-text.js';
import { kindOf } from '../kinds/kinds.js';
import { proposedWorker } from '../kinds/site.js';
import { type Heartbeat, isWorkerOf, listWorkers } from '../queues/heartbeat.js';
import { type JobQueue, queueNamed, RUNS_QUEUE } from '../queues/queue.js';
import {
  areTrackersPaused,
  countJobs,
  countUncounted,
  type JobCounts,
  type QueuePause,
  type QueueState,
  readQueuePause,
} from '../queues/queue-state.js';
import { readSiteState } from '../queues/site-state.js';
import type { RedisConnection } from '../redis/connection.js';
import { isRedisFull } from '../redis/server-check.js';
import type { Run } from '../runs/run.js';
import { formatCount, formatPace, formatRoughDuration } from './format.js';

/** At a slower rate, seconds pass in which no job is begun although all is well. */
const SLOW_INTERVAL_MS = 1000;

const TROUBLE_SHOWN_MAX = 160;

const NO_WORKER = 'no worker connected';

export interface Standstill {
  readonly why:
    | 'paused'
    | 'site-paused'
    | 'outage'
    | 'no-worker'
    /** Redis is full: it hears no worker, and takes no job from one. */
    | 'redis-full'
    | 'other-site'
    | 'cannot-write'
    | 'runs-paused'
    /** Jobs wait, and workers are connected, and yet none has started for a while. */
    | 'starved'
    /** All that is left waits for another attempt; said on the board alone. */
    | 'retrying'
    /** They do move, but seldom. */
    | 'slow-rate';
  /** A few words, for where there is little space: `paused by hand`. */
  readonly brief: string;
  /** A clause that says it all: `comics is paused by hand`. */
  readonly text: string;
  /** Null where it ends by itself, or no command of ours can end it. */
  readonly remedy: Remedy | null;
  /** Milliseconds until it ends by itself; null where that cannot be told. */
  readonly endsInMs: number | null;
}

/** One that was found of a live run. */
export interface RunStandstill extends Standstill {
  /** `run-7`. */
  readonly run: string;
  readonly queue: string;
}

/** A command with what it does: `Go on with` and `comic-queue resume comics`. */
export interface Remedy {
  readonly label: string;
  readonly command: string;
}

export interface StandstillFacts {
  readonly queue: JobQueue;
  /** URL template of the site that the run asks; empty for none. */
  readonly site: string;
  /** Jobs of the run that have not ended. */
  readonly jobsLeft: number;
  readonly pause: QueuePause | undefined;
  /** Time between two requests to the site, over all workers; undefined without a rate. */
  readonly intervalMs: number | undefined;
  /** Whether the queue of runs is paused. */
  readonly trackersPaused: boolean;
  readonly workers: readonly Heartbeat[];
  /** Whether Redis is known to be full. */
  readonly isRedisFull?: boolean;
  /** Jobs of the queue that have ended and are in no tally: a worker was killed before it counted them. */
  readonly uncounted?: number;
  /** What the queue holds, where that is known. */
  readonly counts?: JobCounts | undefined;
}

/** Reads what keeps a live run from getting on, the most lasting first; empty when nothing does. */
export async function readStandstills(
  connection: RedisConnection,
  run: Run,
  jobsLeft: number,
): Promise<Standstill[]> {
  const [pause, { intervalMs }, trackersPaused, workers] = await Promise.all([
    readQueuePause(connection, run.queue),
    readSiteState(connection, run.queue.kind),
    areTrackersPaused(connection),
    listWorkers(connection),
  ]);
  const { queue } = run;
  // The jobs of a cancelled run are ended by whichever worker meets them.
  const site = run.state === 'cancelled' ? '' : run.site;
  const facts = { queue, site, jobsLeft, pause, intervalMs, trackersPaused, workers };
  if (workers.some(({ queues }) => queue.name in queues)) {
    return standstillsOf({ ...facts, counts: await countJobs(connection, queue) });
  }
  const [isFull, uncounted] = await Promise.all([
    isRedisFull(connection),
    countUncounted(connection, queue),
  ]);
  return standstillsOf({ ...facts, isRedisFull: isFull, uncounted });
}

/** What keeps a run from getting on, the most lasting first; empty when nothing does. */
export function standstillsOf(facts: StandstillFacts): Standstill[] {
  const { queue, jobsLeft, pause, trackersPaused } = facts;
  const found: Standstill[] = [];
  if (jobsLeft > 0) {
    if (pause !== undefined) found.push(pauseStandstill(queue, pause));
    found.push(...workerStandstills(facts));
  }
  if (trackersPaused) found.push(trackersStandstill());
  if (jobsLeft === 0 && facts.workers.length === 0) found.push(unendedStandstill());
  if (found.length > 0 || jobsLeft === 0) return found;
  const slow = rateStandstills(facts);
  return slow.length > 0 ? slow : retryStandstills(facts);
}

export interface SystemFacts {
  readonly queues: readonly QueueState[];
  /** Whether the queue of runs is paused. */
  readonly trackersPaused: boolean;
  readonly workers: readonly Heartbeat[];
  readonly ofRuns: readonly RunStandstill[];
}

/**
 * What keeps queues, workers and runs from getting on, each thing once: that a queue is paused is not
 * told of its runs again, and a site that is away is not told of a baseline queue that holds nothing.
 */
export function allStandstills(facts: SystemFacts): Standstill[] {
  const { queues, trackersPaused, workers, ofRuns } = facts;
  const paused = queues.flatMap(({ pause, ...queue }) =>
    pause !== undefined && (pause.by === 'person' || !isIdleBaseline(queue))
      ? [{ queue: queue.name, standstill: pauseStandstill(queue, pause) }]
      : [],
  );
  const found = [
    ...paused.map(({ standstill }) => standstill),
    ...(trackersPaused ? [trackersStandstill()] : []),
  ];
  const isTold = (one: RunStandstill): boolean =>
    found.some(({ text }) => text === one.text) ||
    paused.some(({ queue, standstill }) => queue === one.queue && standstill.why === one.why);
  for (const one of ofRuns) if (!isTold(one)) found.push(named(one));
  const starved = queues.filter(
    ({ name, starvedForMs }) => starvedForMs > 0 && !ofRuns.some(({ queue }) => queue === name),
  );
  return [...found, ...starved.map(starvedStandstill), ...troubles(workers, found)];
}

/** Both queues of a site pause with it: one that holds nothing is not held up. */
export function isIdleBaseline({
  name,
  waiting,
  active,
  delayed,
}: Pick<QueueState, 'name' | 'waiting' | 'active' | 'delayed'>): boolean {
  return queueNamed(name)?.baseline === true && waiting + active + delayed === 0;
}

/** At one rate each run is done at another time, and each has its own jobs to try again. */
function named(one: RunStandstill): Standstill {
  return one.why === 'slow-rate' || one.why === 'retrying'
    ? { ...one, text: `${one.run}: ${one.text}` }
    : one;
}

/** Jobs wait in a queue that nothing keeps, and none starts. */
export function starvedStandstill({ name, waiting, starvedForMs }: QueueState): Standstill {
  const time = formatRoughDuration(starvedForMs);
  const text = `${name} starves: ${formatCount(waiting)} waiting, none started for ${time}`;
  return lasting('starved', 'no job starts', text, {
    label: 'Start a worker',
    command: proposed('work'),
  });
}

/** Workers that take no jobs, where that is not the reason why a run stands still. */
function troubles(workers: readonly Heartbeat[], told: readonly Standstill[]): Standstill[] {
  return workers.flatMap(({ id, trouble }) => {
    if (trouble === null) return [];
    const because = safeText(trouble, TROUBLE_SHOWN_MAX);
    if (told.some(({ why, text }) => why === 'cannot-write' && text.endsWith(because))) return [];
    const text = `${safeText(id, 32)} takes no jobs: ${because}`;
    return [lasting('cannot-write', 'takes no jobs', text, null)];
  });
}

/** A pause of a queue, whether it holds jobs or not. */
export function pauseStandstill(
  { name }: Pick<JobQueue, 'name'>,
  { by, reason, leftMs = 0 }: QueuePause,
): Standstill {
  const command = proposed('resume', name);
  if (by === 'person') {
    const brief = 'paused by hand';
    return lasting('paused', brief, `${name} is ${brief}`, { label: 'Go on with', command });
  }
  if (by === 'outage') {
    const brief = `site away, ${probeText(leftMs)}`;
    return lasting('outage', brief, `${name} waits: ${outageText(reason, leftMs)}`, {
      label: 'Have it asked now',
      command,
    });
  }
  const left = formatRoughDuration(leftMs);
  const because = isReason(reason) ? REASONS[reason].meaning : safeText(reason, 80);
  const text = `${name} is paused for another ${left}: ${because}`;
  const remedy = { label: 'Cut it short with', command };
  return { ...lasting('site-paused', `paused for ${left}`, text, remedy), endsInMs: leftMs };
}

/** One that does not end by itself at a known time. */
function lasting(
  why: Standstill['why'],
  brief: string,
  text: string,
  remedy: Remedy | null,
): Standstill {
  return { why, brief, text, remedy, endsInMs: null };
}

/** What is said of a site that is away, and of when it is asked again. */
export function outageText(reason: string, nextProbeInMs: number): string {
  return `the site does not answer (${safeText(reason, 40)}), ${probeText(nextProbeInMs)}`;
}

function probeText(inMs: number): string {
  return `asked again ${inMs > 0 ? `in ${formatRoughDuration(inMs)}` : 'now'}`;
}

/** The queue of runs is paused: jobs are worked, but no run ends. */
export function trackersStandstill(): Standstill {
  const remedy = { label: 'Go on with', command: proposed('resume', RUNS_QUEUE) };
  const brief = `${RUNS_QUEUE} is paused`;
  return lasting('runs-paused', brief, `${brief}, so no run ends`, remedy);
}

/** The jobs have ended, and nobody is there to end their run. */
function unendedStandstill(): Standstill {
  const remedy = { label: 'Start one', command: proposed('work') };
  return lasting('no-worker', NO_WORKER, 'no worker is connected, so no run ends', remedy);
}

function workerStandstills(facts: StandstillFacts): Standstill[] {
  const { queue, site, workers, isRedisFull: isFull = false, uncounted = 0 } = facts;
  const ofQueue = workers.filter(({ queues }) => queue.name in queues);
  const ofSite = ofQueue.filter((worker) => isWorkerOf(worker, queue, site));
  const remedy = { label: 'Start one', command: proposedWorker(queue.kind, site) };
  if (ofQueue.length === 0 && isFull) {
    const text = 'Redis is full, so no worker gets on: give it more memory (maxmemory)';
    return [lasting('redis-full', 'Redis is full', text, null)];
  }
  if (ofQueue.length === 0) {
    const ended = `${formatCount(uncounted)} ${uncounted === 1 ? 'job has' : 'jobs have'} ended`;
    const more = uncounted === 0 ? '' : `, and ${ended} that the next one counts`;
    const text = `no worker of ${queue.name} is connected${more}`;
    return [lasting('no-worker', NO_WORKER, text, remedy)];
  }
  if (ofSite.length === 0) {
    const others = `${ofQueue.length} of another site ${ofQueue.length === 1 ? 'is' : 'are'}`;
    const text = `no worker of ${siteText(site)} is connected (${others})`;
    return [lasting('other-site', 'no worker of its site connected', text, remedy)];
  }
  const [trouble] = ofSite.flatMap((worker) => worker.trouble ?? []);
  if (trouble === undefined || ofSite.some((worker) => worker.trouble === null)) return [];
  const text = `no worker takes jobs: ${safeText(trouble, TROUBLE_SHOWN_MAX)}`;
  return [lasting('cannot-write', 'no worker takes jobs', text, null)];
}

function rateStandstills({ queue, intervalMs, jobsLeft }: StandstillFacts): Standstill[] {
  if (intervalMs === undefined || intervalMs < SLOW_INTERVAL_MS) return [];
  const endsInMs = jobsLeft * intervalMs;
  const brief = `${formatPace(intervalMs)}, done in about ${formatRoughDuration(endsInMs)}`;
  const { plural } = kindOf(queue.kind);
  const remedy = { label: 'Change it', command: proposed('rate', plural, '1/s') };
  return [
    { ...lasting('slow-rate', brief, `${queue.name} are limited to ${brief}`, remedy), endsInMs },
  ];
}

/** Nothing is left but jobs that failed, and wait for another attempt. */
function retryStandstills({ counts, jobsLeft }: StandstillFacts): Standstill[] {
  if (counts === undefined || counts.waiting + counts.active > 0) return [];
  const jobs = Math.min(counts.delayed, jobsLeft);
  if (jobs === 0) return [];
  const brief = `${formatCount(jobs)} to be tried again`;
  const text = `all that is left is to be tried again: ${formatCount(jobs)} ${jobs === 1 ? 'job' : 'jobs'}`;
  return [lasting('retrying', brief, text, null)];
}

/** A standstill as a line for a person: what it is, then what ends it. */
export function standstillLine({ text, remedy }: Standstill): string {
  return remedy === null ? text : `${text}. ${remedy.label}: ${remedy.command}`;
}
