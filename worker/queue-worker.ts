/** One queue in one process: BullMQ's worker with our settings. */

import { setMaxListeners } from 'node:events';
import type { Job, Worker } from 'bullmq';
import { JobFailure } from '../shared/base/errors.js';
import type { Logger } from '../shared/base/logger.js';
import type { EndingRecord } from '../shared/queues/job.js';
import { bullmq, type JobQueue } from '../shared/queues/queue.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { PREFIX } from '../shared/redis/keys.js';
import { type QueueProcessor, retryDelayMs } from './process-job.js';

/** A job that killed its workers this often is put away: the next time it is found stalled, it fails. */
const KILLS_MAX = 5;

/** A lifted pause is noticed within this time. */
const PAUSE_LOOK_EVERY_MS = 1000;

/** BullMQ's own bound on starts counts pauses, stops and crashes too: it must not be met. */
const STARTS_MAX = 1_000_000;

/**
 * Jobs asked for ahead of their turn, a slot. While Redis is told of the end of a job and answers
 * with the next one, its slot would stand empty: 5 ms of 64 with comics at 50 ms and 50 slots.
 * BullMQ is told of a new number seldom: each time it goes down and up again, BullMQ asks for jobs
 * one by one, which costs more than the empty slots.
 */
const AHEAD_PER_SLOT = 0.25;

/** Jobs that take this long leave others to other workers: an empty slot costs them nothing that is seen. */
const AHEAD_BELOW_MS = 1000;

/** Weight of one job in the mean time of all before it. */
const WORK_WEIGHT = 0.05;

/** How soon a worker is back after Redis is. */
const RETRY_AFTER_OUTAGE_MS = 500;

export interface QueueWorkerOptions {
  readonly id: string;
  readonly queue: JobQueue;
  readonly concurrency: number;
  readonly connection: RedisConnection;
  readonly lockMs: number;
  readonly processor: QueueProcessor;
  readonly log: RateLimitedLog;
}

export class QueueWorker {
  readonly queue: JobQueue;
  /** Jobs that failed for good here; those of cancelled runs are not among them. */
  failures = 0;
  private readonly processor: QueueProcessor;
  private readonly worker: Worker;
  private readonly slots: Semaphore;
  /** How long jobs hold their slots of late; no time, before the first has ended. */
  private workMs = 0;
  private readonly lettingGo = new AbortController();

  constructor(options: QueueWorkerOptions) {
    this.queue = options.queue;
    this.processor = options.processor;
    // Any number of jobs listen to it; Node would warn of a leak from the eleventh on.
    setMaxListeners(0, this.lettingGo.signal);
    this.slots = new Semaphore(options.concurrency);
    // Without a third parameter BullMQ makes no signal for each job: one is enough for all.
    this.worker = createBullWorker(options, (job, token) => this.work(job, token ?? ''));
    this.ask();
    this.listen(options.log);
  }

  start(): void {
    void this.worker.run().catch(() => {});
  }

  get concurrency(): number {
    return this.slots.size;
  }

  set concurrency(concurrency: number) {
    this.slots.size = concurrency;
    this.ask();
  }

  /** Jobs under way. */
  activeCount(): number {
    return this.slots.inUse;
  }

  /** Attempts that have ended here so far, and refusals among them. */
  progress(): { readonly ended: number; readonly refusals: number } {
    return { ...this.processor.progress };
  }

  /** Takes no more jobs for now. */
  async pause(): Promise<void> {
    this.slots.close();
    await this.worker.pause(true);
  }

  resume(): void {
    this.slots.open();
    void this.worker.resume();
  }

  /** Takes no more jobs; resolves when those under way have ended. May wait for ever. */
  async close(): Promise<void> {
    this.slots.close();
    await this.worker.close();
  }

  /** Makes jobs under way let go: each goes back to the queue. */
  letGo(): void {
    this.lettingGo.abort(new Error('the worker stops'));
  }

  private async work(job: Job, token: string): Promise<EndingRecord> {
    const turn = await this.slots.take(AHEAD_BELOW_MS);
    if (turn === 'late') this.workMs = AHEAD_BELOW_MS;
    if (turn !== 'slot') {
      this.ask();
      return this.processor.giveBack(job, token);
    }
    const startedAtMs = performance.now();
    try {
      return await this.processor.process(job, token, this.lettingGo.signal);
    } catch (error) {
      // The site has asked for a pause: who waits for a slot would only ask it once more.
      if (error instanceof bullmq().RateLimitError) this.slots.turnAway();
      throw error;
    } finally {
      this.slots.release();
      this.workMs += (performance.now() - startedAtMs - this.workMs) * WORK_WEIGHT;
      this.ask();
    }
  }

  /** Tells BullMQ how many jobs to take. */
  private ask(): void {
    const { size } = this.slots;
    // One at a time on every machine is what a baseline is: nothing of it is asked for ahead.
    const asksAhead = !this.queue.baseline && this.workMs < AHEAD_BELOW_MS;
    const asked = asksAhead ? size + Math.floor(size * AHEAD_PER_SLOT) : size;
    if (this.worker.concurrency !== asked) this.worker.concurrency = asked;
  }

  private listen(log: RateLimitedLog): void {
    this.worker.on('error', (error) => {
      log.warn('A queue is in trouble', { queue: this.queue.name, error: error.message });
    });
    this.worker.on('failed', (job, error) => {
      const final =
        job === undefined ||
        error instanceof bullmq().UnrecoverableError ||
        job.attemptsMade >= (job.opts.attempts ?? 1);
      // What somebody gave up has not failed.
      const { cause } = error;
      if (!final || (cause instanceof JobFailure && cause.reason === 'cancelled')) return;
      this.failures += 1;
      log.warn('Job failed for good', {
        jobId: job?.id,
        queue: this.queue.name,
        why: error.message,
      });
    });
  }
}

function createBullWorker(
  options: QueueWorkerOptions,
  work: (job: Job, token: string | undefined) => Promise<EndingRecord>,
): Worker {
  return new (bullmq().Worker)(options.queue.name, work, {
    name: options.id,
    connection: options.connection,
    prefix: PREFIX,
    autorun: false,
    concurrency: options.concurrency,
    lockDuration: options.lockMs,
    stalledInterval: Math.ceil(options.lockMs / 2),
    maxStalledCount: KILLS_MAX,
    maxStartedAttempts: STARTS_MAX,
    maximumRateLimitDelay: PAUSE_LOOK_EVERY_MS,
    runRetryDelay: RETRY_AFTER_OUTAGE_MS,
    skipVersionCheck: true,
    settings: { backoffStrategy: (_attempts, _type, error) => retryDelayMs(error) },
  });
}

/** A slot, which must be released; or none: not in time, or turned away. */
export type Turn = 'slot' | 'late' | 'away';

interface Waiting {
  readonly answer: (turn: Turn) => void;
  readonly timer: NodeJS.Timeout;
}

/** The slots of one queue in one process. */
export class Semaphore {
  private wanted: number;
  private used = 0;
  private isOpen = true;
  private readonly queue: Waiting[] = [];

  /** @param size jobs at once, at least 1 */
  constructor(size: number) {
    this.wanted = size;
  }

  get size(): number {
    return this.wanted;
  }

  /** Slots that are taken away are given up by the jobs in them, as these end. */
  set size(size: number) {
    this.wanted = size;
    this.fill();
  }

  /** Jobs that hold a slot. */
  get inUse(): number {
    return this.used;
  }

  /** Waits for a slot, `patienceMs` at most. */
  async take(patienceMs: number): Promise<Turn> {
    if (!this.isOpen) return 'away';
    if (this.used < this.wanted) {
      this.used += 1;
      return 'slot';
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.queue.splice(this.queue.indexOf(waiting), 1);
        resolve('late');
      }, patienceMs);
      const waiting = { answer: resolve, timer };
      this.queue.push(waiting);
    });
  }

  release(): void {
    this.used -= 1;
    this.fill();
  }

  /** Turns away everybody who waits. */
  turnAway(): void {
    for (const waiting of this.queue.splice(0)) settle(waiting, 'away');
  }

  /** Turns away everybody, until `open`. */
  close(): void {
    this.isOpen = false;
    this.turnAway();
  }

  open(): void {
    this.isOpen = true;
  }

  private fill(): void {
    while (this.used < this.wanted) {
      const waiting = this.queue.shift();
      if (waiting === undefined) return;
      this.used += 1;
      settle(waiting, 'slot');
    }
  }
}

function settle({ answer, timer }: Waiting, turn: Turn): void {
  clearTimeout(timer);
  answer(turn);
}

const LINE_EVERY_MS = 1000;

export class RateLimitedLog {
  private readonly logger: Logger;
  private nextAtMs = 0;
  private leftOut = 0;

  constructor(logger: Logger) {
    this.logger = logger;
  }

  /** Writes a warning, unless one was written within the last second. */
  warn(sentence: string, fields: object): void {
    const now = performance.now();
    if (now < this.nextAtMs) {
      this.leftOut += 1;
      return;
    }
    this.nextAtMs = now + LINE_EVERY_MS;
    this.logger.warn(this.leftOut === 0 ? fields : { ...fields, leftOut: this.leftOut }, sentence);
    this.leftOut = 0;
  }

  /** Writes a line that must not be missed: a change of state. */
  always(sentence: string, fields: object): void {
    this.logger.warn(fields, sentence);
  }
}
