/**
 * What a worker tells: its jobs, each on request, what failed, and the sum of it when it leaves; pauses and
 * rates of its queues; that Redis is gone, and back.
 */

import type { Job } from 'bullmq';
import type { RateLimitedLog } from '../shared/base/logger.js';
import { isReason, JobFailure, OUTCOMES, type Reason, REASONS } from '../shared/base/outcome.js';
import { safeText } from '../shared/base/safe-text.js';
import { pauseFor } from '../shared/base/wait.js';
import { type KindName, kindOf } from '../shared/kinds/kinds.js';
import { type EndingRecord, parseData } from '../shared/queues/job.js';
import { type QueuePause, readQueuePause } from '../shared/queues/queue-state.js';
import type { JobQueue } from '../shared/queues/queue.js';
import { readSiteState } from '../shared/queues/site-state.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { connectionRefusalOf, redisErrorText, refusalText } from '../shared/redis/refusal.js';
import {
  formatBytes,
  formatCount,
  formatMilliseconds,
  formatPace,
  formatRoughDuration,
} from '../shared/report/format.js';
import { pauseStandstill } from '../shared/report/standstill.js';

/** A line about failures this often, however many jobs fail. */
const FAILURES_EVERY_MS = 1000;

const INPUT_LENGTH_MAX = 80;
const WHY_LENGTH_MAX = 300;

const LOOK_EVERY_MS = 1000;

/** What a worker has done. */
export class WorkLog {
  readonly #log: RateLimitedLog;
  readonly #isVerbose: boolean;
  readonly #startedAtMs = performance.now();
  readonly #counts = new Map<Reason, number>();
  /** Failures since the last line about one, and when that was. */
  #untold = 0;
  #toldAtMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  /** @param isVerbose whether each job has a line of its own; else a job costs a count */
  constructor(log: RateLimitedLog, isVerbose: boolean) {
    this.#log = log;
    this.#isVerbose = isVerbose;
  }

  /** Jobs that failed for good here; those of cancelled runs are not among them. */
  get failures(): number {
    return sum([...this.#counts].filter(([reason]) => isFailed(reason)));
  }

  /** A job ended with an answer. */
  answered(kind: KindName, job: Job, [reason, , elapsedMs, , bytes]: EndingRecord): void {
    this.#count(reason);
    if (!this.#isVerbose) return;
    const size = bytes === 0 ? '' : ` ${formatBytes(bytes)}`;
    const { outcome } = REASONS[reason];
    const line = `${jobText(kind, job)} ${outcome}${size} ${formatMilliseconds(elapsedMs)}`;
    this.#log.info(line, { job: job.id, kind, outcome, bytes, elapsedMs });
  }

  /** An attempt failed, and the job is tried again. */
  failedFor(kind: KindName, job: Job, error: Error): void {
    if (!this.#isVerbose) return;
    const text = `${jobText(kind, job)} is tried again: ${safeText(error.message, WHY_LENGTH_MAX)}`;
    this.#log.info(text, { job: job.id, kind });
  }

  /** A job failed for good. Of many within a second, one has a line, and the others are counted. */
  failed(kind: KindName, job: Job | undefined, error: Error): void {
    const reason = error.cause instanceof JobFailure ? error.cause.reason : reasonOf(error);
    this.#count(reason);
    if (reason === 'cancelled') return;
    const nowMs = performance.now();
    if (nowMs - this.#toldAtMs < FAILURES_EVERY_MS && !this.#isVerbose) {
      this.#untold += 1;
      this.#timer ??= setTimeout(() => this.#tellRest(), FAILURES_EVERY_MS).unref();
      return;
    }
    this.#tellRest();
    this.#toldAtMs = nowMs;
    const which = job === undefined ? `a job of ${kindOf(kind).plural}` : jobText(kind, job);
    const text = `${which} failed: ${safeText(error.message, WHY_LENGTH_MAX)}`;
    this.#log.always(text, { job: job?.id, kind, reason });
  }

  /** `left after 12 min: 8,412 stored, 3 failed (2 timeout, 1 not-json)`. */
  summary(): string {
    this.#tellRest();
    const time = formatRoughDuration(performance.now() - this.#startedAtMs);
    const parts = OUTCOMES.flatMap((outcome) => {
      const count = sum([...this.#counts].filter(([reason]) => isAnswer(reason, outcome)));
      return count === 0 ? [] : [`${formatCount(count)} ${outcome}`];
    });
    const failed = [...this.#counts].filter(([reason]) => isFailed(reason));
    if (failed.length > 0) {
      const reasons = failed.map(([reason, count]) => `${formatCount(count)} ${reason}`);
      parts.push(`${formatCount(sum(failed))} failed (${reasons.join(', ')})`);
    }
    return `left after ${time}: ${parts.join(', ') || 'no job ended here'}`;
  }

  #count(reason: Reason): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
  }

  #tellRest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const count = this.#untold;
    this.#untold = 0;
    if (count > 0) {
      const jobs = count === 1 ? 'job' : 'jobs';
      this.#log.always(`${formatCount(count)} more ${jobs} failed`, { count });
    }
  }
}

/** `comic 614`, or the id of a job that does not carry what its kind asks for. */
function jobText(kind: KindName, job: Job): string {
  const input = parseData(kind, job.data)?.input;
  return input === undefined
    ? `job ${safeText(job.id ?? '', INPUT_LENGTH_MAX)}`
    : `${kind} ${safeText(kindOf(kind).format(input), INPUT_LENGTH_MAX)}`;
}

/** BullMQ fails a job itself when its workers have died too often. */
function reasonOf({ message }: Error): Reason {
  const [code = ''] = message.split(':', 1);
  return isReason(code) ? code : 'killed-workers';
}

function isFailed(reason: Reason): boolean {
  return reason !== 'cancelled' && REASONS[reason].reaction !== 'complete';
}

function isAnswer(reason: Reason, outcome: string): boolean {
  return !isFailed(reason) && REASONS[reason].outcome === outcome;
}

function sum(counts: readonly (readonly [Reason, number])[]): number {
  return counts.reduce((total, [, count]) => total + count, 0);
}

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

/**
 * Tells, until the signal aborts, what others do to the queues of a worker: pauses by hand or at a site's
 * wish, and their end, and changes of a rate. That a site is away is told by who finds it out
 * (`site-limiter.ts`).
 */
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

/** Tells that Redis is gone and that it is back, once each, however many connections notice it. */
export class RedisWatch {
  readonly #log: RateLimitedLog;
  #goneAtMs: number | undefined;

  constructor(log: RateLimitedLog) {
    this.#log = log;
  }

  /** Whether Redis is gone: what else fails for that needs no line of its own. */
  get isGone(): boolean {
    return this.#goneAtMs !== undefined;
  }

  /** Takes an error of the worker's connection. */
  failed(connection: RedisConnection | undefined, error: Error): void {
    if (this.isGone) return;
    // One node of a cluster, or one command, may fail while Redis is there.
    if (connection?.status === 'ready') {
      this.#log.warn(`Redis has trouble: ${redisErrorText(error)}`, {});
      return;
    }
    this.#goneAtMs = performance.now();
    const refusal = connectionRefusalOf(error);
    const fact =
      refusal === undefined
        ? `Redis is gone: ${error.message || error.name}`
        : refusalText(refusal);
    this.#log.always(`${fact}. Jobs under way go on, none is begun`, {});
  }

  /** The connection can be used (again). */
  ready(): void {
    if (this.#goneAtMs === undefined) return;
    const forMs = performance.now() - this.#goneAtMs;
    this.#goneAtMs = undefined;
    this.#log.info(`Redis is back after ${formatRoughDuration(forMs)}`, { forMs });
  }
}
