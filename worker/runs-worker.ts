/** The queue of runs, in one process: any worker may keep any run. */

import type { Queue, Worker } from 'bullmq';
import { bullmq, RUNS_QUEUE } from '../shared/queues/lane.js';
import type { RedisClock } from '../shared/redis/clock.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { PREFIX } from '../shared/redis/keys.js';
import type { Report } from '../shared/report/report.js';
import { keepRun } from './keeper.js';
import { LaneTally } from './lane-tally.js';
import type { RateLimitedLog } from './rate-limited-log.js';

/** Runs kept at once by one process; keeping one costs a few exchanges a second. */
const RUNS_AT_ONCE = 100;

/** A keeper may be killed as often as it likes: its work is repeatable. */
const KILLS_MAX = 1_000_000;

export interface RunsWorkerOptions {
  readonly options: { readonly id: string; readonly lockMs: number };
  readonly connection: RedisConnection;
  readonly clock: RedisClock;
  readonly log: RateLimitedLog;
  readonly runsQueue: Queue;
}

export class RunsWorker {
  private readonly worker: Worker;
  private readonly stopping = new AbortController();

  constructor(terms: RunsWorkerOptions) {
    const keeperTerms = { ...terms, tally: new LaneTally(terms.connection) };
    this.worker = new (bullmq().Worker)(
      RUNS_QUEUE,
      async (job, token): Promise<Report | null> => {
        const report = await keepRun(job, keeperTerms, this.stopping.signal);
        if (report === undefined && this.stopping.signal.aborted) {
          await job.moveToWait(token);
          throw new (bullmq().WaitingError)();
        }
        return report ?? null;
      },
      {
        name: terms.options.id,
        connection: terms.connection,
        prefix: PREFIX,
        autorun: false,
        concurrency: RUNS_AT_ONCE,
        lockDuration: terms.options.lockMs,
        stalledInterval: Math.ceil(terms.options.lockMs / 2),
        maxStalledCount: KILLS_MAX,
        skipVersionCheck: true,
      },
    );
    this.worker.on('error', (error) => {
      terms.log.warn('The queue of runs is in trouble', { error: error.message });
    });
    this.worker.on('failed', (job, error) => {
      terms.log.warn('A run could not be kept', { jobId: job?.id, why: error.message });
    });
  }

  start(): void {
    void this.worker.run().catch(() => {});
  }

  /** Hands the runs under way to other workers. May wait for ever where Redis is gone. */
  async close(): Promise<void> {
    this.stopping.abort();
    await this.worker.close();
  }
}
