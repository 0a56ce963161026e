/** One lane in one process: BullMQ's worker with our settings. */

import { setMaxListeners } from 'node:events';
import { UnrecoverableError, Worker } from 'bullmq';
import type { Lane } from '../shared/queues/lane.js';
import { PREFIX } from '../shared/redis/keys.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { retryDelayMs, type LaneProcessor } from './lane-processor.js';
import type { RateLimitedLog } from './rate-limited-log.js';

/** A job that killed its workers this often is put away: the next time it is found stalled, it fails. */
const KILLS_MAX = 5;

/** A lifted pause is noticed within this time. */
const PAUSE_LOOK_EVERY_MS = 1000;

/** BullMQ's own bound on starts counts pauses, stops and crashes too: it must not be met. */
const STARTS_MAX = 1_000_000;

/** How soon a worker is back after Redis is. */
const RETRY_AFTER_OUTAGE_MS = 500;

export interface LaneWorkerOptions {
  readonly id: string;
  readonly lane: Lane;
  readonly concurrency: number;
  readonly connection: RedisConnection;
  readonly lockMs: number;
  readonly processor: LaneProcessor;
  readonly log: RateLimitedLog;
}

export class LaneWorker {
  readonly lane: Lane;
  /** Jobs that failed for good here. */
  failures = 0;
  private readonly processor: LaneProcessor;
  private readonly worker: Worker;
  private readonly active = new Set<string>();
  private readonly lettingGo = new AbortController();

  constructor(options: LaneWorkerOptions) {
    this.lane = options.lane;
    this.processor = options.processor;
    // Any number of jobs listen to it; Node would warn of a leak from the eleventh on.
    setMaxListeners(0, this.lettingGo.signal);
    this.worker = createBullWorker(options, this.active, this.lettingGo.signal);
    this.listen(options.log);
  }

  start(): void {
    void this.worker.run().catch(() => {});
  }

  get concurrency(): number {
    return this.worker.concurrency;
  }

  set concurrency(concurrency: number) {
    this.worker.concurrency = concurrency;
  }

  /** Jobs under way. */
  activeCount(): number {
    return this.active.size;
  }

  /** Attempts that have ended here so far, and refusals among them. */
  progress(): { readonly ended: number; readonly refusals: number } {
    return { ...this.processor.progress };
  }

  /** Takes no more jobs for now. */
  async pause(): Promise<void> {
    await this.worker.pause(true);
  }

  resume(): void {
    void this.worker.resume();
  }

  /** Takes no more jobs; resolves when those under way have ended. May wait for ever. */
  async close(): Promise<void> {
    await this.worker.close();
  }

  /** Makes jobs under way let go: each goes back to the lane. */
  letGo(): void {
    this.lettingGo.abort(new Error('the worker stops'));
  }

  private listen(log: RateLimitedLog): void {
    this.worker.on('error', (error) => {
      log.warn('A lane is in trouble', { lane: this.lane.name, error: error.message });
    });
    this.worker.on('failed', (job, error) => {
      const final =
        job === undefined ||
        error instanceof UnrecoverableError ||
        job.attemptsMade >= (job.opts.attempts ?? 1);
      if (!final) return;
      this.failures += 1;
      log.warn('Job failed for good', { jobId: job?.id, lane: this.lane.name, why: error.message });
    });
  }
}

function createBullWorker(
  options: LaneWorkerOptions,
  active: Set<string>,
  lettingGo: AbortSignal,
): Worker {
  const { lane, processor } = options;
  return new Worker(
    lane.name,
    // Without a third parameter BullMQ makes no signal for each job: one is enough for all.
    async (job, token) => {
      const id = job.id ?? '';
      active.add(id);
      try {
        return await processor.process(job, token ?? '', lettingGo);
      } finally {
        active.delete(id);
      }
    },
    {
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
    },
  );
}
