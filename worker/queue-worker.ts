/** Works one queue in this process: takes jobs from BullMQ, as many at once as it has slots. */

import { setMaxListeners } from 'node:events';
import type { Job, Worker as BullWorker } from 'bullmq';
import type { RateLimitedLog } from '../shared/base/logger.js';
import type { EndingRecord } from '../shared/queues/job.js';
import { bullmq, type JobQueue } from '../shared/queues/queue.js';
import { bullTelemetry } from '../shared/queues/telemetry.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { PREFIX } from '../shared/redis/keys.js';
import { redisErrorText } from '../shared/redis/refusal.js';
import { retryDelayMs } from './reaction.js';
import type { RedisBackoff } from './redis-backoff.js';
import type { JobSignals } from './site-access.js';
import type { WorkLog } from './work-log.js';

/** A job whose worker died this often fails the next time it is found stalled: it may be the cause. */
const KILLS_MAX = 5;

/** BullMQ's bound on starts counts pauses, stops and crashes too, so it must never be met. */
const STARTS_MAX = 1_000_000;

/** A lifted pause is noticed within this time. */
const PAUSE_LOOK_EVERY_MS = 1000;

/** How soon jobs are taken again once Redis is back. */
const RETRY_AFTER_OUTAGE_MS = 500;

/**
 * Jobs taken ahead, per slot. While Redis hears that a job has ended and answers with the next one,
 * its slot would stand empty: 5 ms of 64 with comics at 50 ms and 50 slots.
 */
const AHEAD_PER_SLOT = 0.25;

/**
 * Jobs longer than this are not taken ahead: an empty slot costs them nothing that shows, and
 * another worker may have one to spare. A job that got no slot within this time goes back.
 */
const AHEAD_BELOW_MS = 1000;

/** What BullMQ says when a job, or its lock, has gone from under this worker. */
const LOST_JOB = /^Missing key/;
const LOST_LOCK = /\block\b/i;

/** Weight of the newest job in the moving average of the time that jobs hold a slot. */
const SLOT_TIME_WEIGHT = 0.05;

export interface QueueWorkerOptions {
  /** The worker's id, by which BullMQ names it. */
  readonly id: string;
  readonly queue: JobQueue;
  /** Jobs at once, at least 1. */
  readonly concurrency: number;
  readonly lockMs: number;
}

/** What is done with a job that has a slot: see `process-job.ts`. */
interface Processor {
  readonly progress: { readonly ended: number; readonly refusals: number };
  process(job: Job, token: string, signals: JobSignals): Promise<EndingRecord>;
  putBack(job: Job, token: string): Promise<never>;
}

export interface QueueWorkerDeps {
  readonly connection: RedisConnection;
  readonly processor: Processor;
  readonly backoff: RedisBackoff;
  readonly log: RateLimitedLog;
  readonly workLog: WorkLog;
  readonly redisWatch: { readonly isGone: boolean };
}

/** Why a worker takes no jobs of a queue: it cannot store results, or they are another site's. */
export type PauseCause = 'store' | 'other-site';

export class QueueWorker {
  readonly queue: JobQueue;
  readonly #processor: Processor;
  readonly #workLog: WorkLog;
  readonly #bullWorker: BullWorker;
  readonly #slots: Semaphore;
  /** Aborts when no more jobs are taken, for good. */
  readonly #closing = new AbortController();
  /** Aborts when jobs under way must go back to the queue. */
  readonly #release = new AbortController();
  readonly #signals: JobSignals;
  /** Moving average of the time that a job holds its slot; 0 before the first has ended. */
  #slotTimeMs = 0;
  /** When a job was taken, or had ended, last. */
  #movedAtMs = performance.now();
  readonly #pausedBy = new Set<PauseCause>();
  /** Whether it takes one job at a time, until one of them has stored its result. */
  #isOnTrial = false;

  constructor(options: QueueWorkerOptions, deps: QueueWorkerDeps) {
    this.queue = options.queue;
    this.#processor = deps.processor;
    this.#workLog = deps.workLog;
    this.#slots = new Semaphore(options.concurrency);
    this.#signals = { closing: this.#closing.signal, release: this.#release.signal };
    // Any number of jobs listen to them; Node would warn of a leak from the eleventh on.
    setMaxListeners(0, this.#closing.signal, this.#release.signal);
    // Without a third parameter BullMQ makes no signal for each job: one is enough for all.
    this.#bullWorker = openBullWorker(options, deps, (job, token) => this.#work(job, token ?? ''));
    deps.backoff.guard(this.#bullWorker, this.#closing.signal);
    this.#setTaken();
    this.#listen(deps);
  }

  /** Begins to take jobs. */
  start(): void {
    void this.#bullWorker.run().catch(() => {});
  }

  /** Jobs at once. */
  get concurrency(): number {
    return this.#slots.size;
  }

  set concurrency(concurrency: number) {
    this.#slots.size = concurrency;
    this.#setTaken();
  }

  /** Jobs under way. */
  activeCount(): number {
    return this.#slots.inUse;
  }

  /**
   * How long it has been ready for a job and taken none, in milliseconds; 0 while it takes none on
   * purpose or has no slot free.
   */
  idleMs(): number {
    return this.#slots.hasFree ? Math.round(performance.now() - this.#movedAtMs) : 0;
  }

  /** Attempts that have ended here so far, and refusals among them. */
  progress(): { readonly ended: number; readonly refusals: number } {
    return { ...this.#processor.progress };
  }

  /** Takes no more jobs until {@link resume} for every cause; those under way go on. */
  async pause(cause: PauseCause): Promise<void> {
    this.#pausedBy.add(cause);
    this.#slots.close();
    await this.#bullWorker.pause(true);
  }

  /**
   * Takes jobs again: one at a time, until one has ended that was not there already, because what
   * stopped the queue may show only when a job does its work.
   */
  resume(cause: PauseCause): void {
    this.#pausedBy.delete(cause);
    if (this.#pausedBy.size > 0) return;
    this.#setTrial(true);
    this.#slots.open();
    this.#movedAtMs = performance.now();
    void this.#bullWorker.resume();
  }

  /**
   * Takes no more jobs, and puts back those that wait for a slot or for their turn. Resolves when the
   * others have ended; without Redis it may never.
   */
  async close(): Promise<void> {
    this.#closing.abort(new Error('the worker stops'));
    this.#slots.close();
    await this.#bullWorker.close();
  }

  /** Puts jobs under way back into the queue, each as soon as it can let go. */
  releaseJobs(): void {
    this.#release.abort(new Error('the worker stops'));
  }

  async #work(job: Job, token: string): Promise<EndingRecord> {
    const slot = await this.#slots.acquire(AHEAD_BELOW_MS);
    if (slot === 'late') this.#slotTimeMs = AHEAD_BELOW_MS;
    if (slot !== 'acquired') {
      this.#setTaken();
      return this.#processor.putBack(job, token);
    }
    const startedAtMs = performance.now();
    this.#movedAtMs = startedAtMs;
    try {
      const ending = await this.#processor.process(job, token, this.#signals);
      this.#workLog.answered(this.queue.kind, job, ending);
      if (this.#isOnTrial && ending[0] !== 'kept') this.#setTrial(false);
      return ending;
    } catch (error) {
      // The site is paused: what waits for a slot would only ask it once more.
      if (error instanceof bullmq().RateLimitError) this.#slots.turnAway();
      throw error;
    } finally {
      this.#slots.release();
      this.#movedAtMs = performance.now();
      this.#slotTimeMs += (this.#movedAtMs - startedAtMs - this.#slotTimeMs) * SLOT_TIME_WEIGHT;
      this.#setTaken();
    }
  }

  #setTrial(isOnTrial: boolean): void {
    this.#isOnTrial = isOnTrial;
    this.#slots.limit = isOnTrial ? 1 : Number.POSITIVE_INFINITY;
    this.#setTaken();
  }

  /**
   * Says to BullMQ how many jobs to hold: those with a slot and those ahead. The number changes
   * seldom, because after each change BullMQ takes jobs one by one for a while, which costs more
   * than empty slots do. Of a baseline nothing is taken ahead: it is one job at a time everywhere.
   */
  #setTaken(): void {
    const size = this.#isOnTrial ? 1 : this.#slots.size;
    const takesAhead = !this.queue.baseline && this.#slotTimeMs < AHEAD_BELOW_MS;
    const taken = takesAhead ? size + Math.floor(size * AHEAD_PER_SLOT) : size;
    if (this.#bullWorker.concurrency !== taken) this.#bullWorker.concurrency = taken;
  }

  #listen({ log, workLog, redisWatch }: QueueWorkerDeps): void {
    const { name, kind } = this.queue;
    this.#bullWorker.on('error', (error) => {
      if (redisWatch.isGone) return;
      log.warn(errorSentence(name, error), { queue: name, error: error.message });
    });
    this.#bullWorker.on('failed', (job, error) => {
      if (job !== undefined && !isFinal(job, error)) workLog.failedFor(kind, job, error);
      else workLog.failed(kind, job, error);
    });
  }
}

/** What has gone wrong with a queue, or a job of it. */
function errorSentence(queue: string, error: Error): string {
  const { message } = error;
  const job = `A job of ${queue} was worked here, and`;
  if (LOST_JOB.test(message))
    return `${job} something else than a worker has removed it from Redis`;
  if (LOST_LOCK.test(message)) {
    return `${job} is another worker's now: this one was silent for too long, or Redis has lost the job's lock`;
  }
  return `Cannot take jobs of ${queue}: ${redisErrorText(error)}`;
}

/** Whether a failed job is not tried again. */
function isFinal(job: Job, error: Error): boolean {
  if (error instanceof bullmq().UnrecoverableError) return true;
  return job.attemptsMade >= (job.opts.attempts ?? 1);
}

function openBullWorker(
  { id, queue, concurrency, lockMs }: QueueWorkerOptions,
  { connection }: QueueWorkerDeps,
  work: (job: Job, token: string | undefined) => Promise<EndingRecord>,
): BullWorker {
  return new (bullmq().Worker)(queue.name, work, {
    name: id,
    connection,
    prefix: PREFIX,
    autorun: false,
    concurrency,
    lockDuration: lockMs,
    stalledInterval: Math.ceil(lockMs / 2),
    maxStalledCount: KILLS_MAX,
    maxStartedAttempts: STARTS_MAX,
    maximumRateLimitDelay: PAUSE_LOOK_EVERY_MS,
    runRetryDelay: RETRY_AFTER_OUTAGE_MS,
    skipVersionCheck: true,
    settings: { backoffStrategy: (_attempts, _type, error) => retryDelayMs(error) },
    ...bullTelemetry(),
  });
}

/** `acquired`: a slot, to be released. `late`: none within the time given. `closed`: turned away. */
export type Acquired = 'acquired' | 'late' | 'closed';

interface Waiter {
  readonly settle: (acquired: Acquired) => void;
  readonly timer: NodeJS.Timeout;
}

/** A FIFO semaphore whose size may change, and which may turn away those who wait. */
export class Semaphore {
  #size: number;
  #limit = Number.POSITIVE_INFINITY;
  #inUse = 0;
  #isOpen = true;
  readonly #waiters: Waiter[] = [];

  /** @param size slots, at least 1 */
  constructor(size: number) {
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  /** Where it shrinks, slots in use go as they are released. */
  set size(size: number) {
    this.#size = size;
    this.#fill();
  }

  /** Fewer slots than {@link size}, for a time. */
  set limit(limit: number) {
    this.#limit = limit;
    this.#fill();
  }

  get inUse(): number {
    return this.#inUse;
  }

  /** Whether a slot would be acquired at once. */
  get hasFree(): boolean {
    return this.#isOpen && this.#inUse < this.#size && this.#inUse < this.#limit;
  }

  /** Acquires a slot, waiting for at most `limitMs`. */
  async acquire(limitMs: number): Promise<Acquired> {
    if (!this.#isOpen) return 'closed';
    if (this.hasFree) {
      this.#inUse += 1;
      return 'acquired';
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        resolve('late');
      }, limitMs);
      const waiter = { settle: resolve, timer };
      this.#waiters.push(waiter);
    });
  }

  release(): void {
    this.#inUse -= 1;
    this.#fill();
  }

  /** Turns away all who wait. */
  turnAway(): void {
    for (const waiter of this.#waiters.splice(0)) settle(waiter, 'closed');
  }

  /** Turns away all who wait, and all who come before {@link open}. */
  close(): void {
    this.#isOpen = false;
    this.turnAway();
  }

  open(): void {
    this.#isOpen = true;
  }

  #fill(): void {
    while (this.#inUse < this.#size && this.#inUse < this.#limit) {
      const waiter = this.#waiters.shift();
      if (waiter === undefined) return;
      this.#inUse += 1;
      settle(waiter, 'acquired');
    }
  }
}

function settle(waiter: Waiter, acquired: Acquired): void {
  clearTimeout(waiter.timer);
  waiter.settle(acquired);
}
