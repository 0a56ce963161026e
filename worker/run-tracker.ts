/** Keeps one run: tallies its jobs, shows how far it is, and ends it with its report. */

import type { Job, Queue, Worker } from 'bullmq';
import type { RateLimitedLog } from '../shared/base/logger.js';
import { pauseFor } from '../shared/base/wait.js';
import { runName } from '../shared/queues/job.js';
import { bullmq, type JobQueue, RUNS_QUEUE } from '../shared/queues/queue.js';
import type { RedisClock } from '../shared/redis/clock.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { KEYS, PREFIX } from '../shared/redis/keys.js';
import { formatCount, formatDuration, formatRate, formatSpeedUp } from '../shared/report/format.js';
import { currentReport, storedReport } from '../shared/report/read-report.js';
import { type Report, reportTitle } from '../shared/report/report.js';
import { endRun, forgetOldRuns, moveRun, readRun } from '../shared/runs/run-store.js';
import { isLive, PRODUCER_SILENT_MS, type Run } from '../shared/runs/run.js';
import { finishSeries } from '../shared/runs/series.js';
import { foldFinished } from '../shared/runs/tally.js';
import { countAdded, dropWaiting, hasActiveJobs } from './run-jobs.js';

/** A run in which something happens is looked at this often, an idle one less and less. */
const LOOK_EVERY_MIN_MS = 100;
const LOOK_EVERY_MAX_MS = 1000;

export interface TrackerTerms {
  readonly connection: RedisConnection;
  readonly runsQueue: Queue;
  readonly clock: RedisClock;
  readonly tally: QueueTally;
}

/**
 * Keeps a run until it is over.
 *
 * @returns its report; undefined when the signal aborted first (another tracker takes over) or the
 * run is unknown.
 */
async function keepRun(
  job: Job,
  terms: TrackerTerms,
  signal: AbortSignal,
): Promise<Report | undefined> {
  const number = Number((job.id ?? '').replace('run-', ''));
  let lookEveryMs = LOOK_EVERY_MIN_MS;
  let endedBefore = -1;
  while (!signal.aborted) {
    const run = await readRun(terms.connection, number);
    if (run === undefined) return undefined;
    if (!isLive(run)) {
      const report = await concluded(run, job, terms);
      // Its producer may have taken it up again meanwhile: then it is still this tracker's.
      if (await isTakenUpAgain(number, terms)) continue;
      return report;
    }
    if (run.state === 'cancelled') await dropAll(run, terms, signal);
    await terms.tally.fold(run.queue);
    const ended = Number((await terms.connection.hget(KEYS.tally(number), 'ended')) ?? 0);
    if (await isOver(run, ended, terms)) {
      await conclude(run, terms);
      continue;
    }
    if (ended === endedBefore) {
      lookEveryMs = Math.min(lookEveryMs * 1.5, LOOK_EVERY_MAX_MS);
    } else {
      lookEveryMs = LOOK_EVERY_MIN_MS;
      await job.updateProgress(Math.floor((ended / Math.max(run.total, 1)) * 100));
    }
    endedBefore = ended;
    await pauseFor(lookEveryMs, signal);
  }
  return undefined;
}

async function dropAll(run: Run, { connection }: TrackerTerms, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && (await dropWaiting(connection, run)) > 0);
}

/** Whether every job of a run has ended, or never will. */
async function isOver(run: Run, ended: number, terms: TrackerTerms): Promise<boolean> {
  switch (run.state) {
    case 'sealed':
    case 'ended':
      return ended >= run.total;
    case 'cancelled':
      return !(await hasActiveJobs(terms.connection, run));
    case 'abandoned':
      return ended >= (await countAdded(terms.connection, run));
    case 'open':
      if (terms.clock.now() - run.heartbeatAtMs > PRODUCER_SILENT_MS) {
        await moveRun(terms.connection, run.number, { to: 'abandoned', from: ['open'] });
      }
      return false;
  }
}

/** Ends a run. Each step may be repeated: a tracker killed here leaves the rest to the next one. */
async function conclude(run: Run, terms: TrackerTerms): Promise<void> {
  const { connection } = terms;
  // Jobs that were active when the run was found to be over have been folded by now or never count.
  await terms.tally.fold(run.queue);
  const report = withRest(await currentReport(connection, run), run);
  await endRun(connection, run, JSON.stringify(report), terms.clock.now());
}

async function isTakenUpAgain(number: number, { connection }: TrackerTerms): Promise<boolean> {
  const run = await readRun(connection, number);
  return run !== undefined && isLive(run);
}

async function concluded(run: Run, job: Job, terms: TrackerTerms): Promise<Report | undefined> {
  const report = storedReport(run);
  // What an abandoned run was counted by is needed again when it is resumed.
  if (run.state !== 'abandoned') await finishSeries(terms.connection, run.number);
  if (report !== undefined) {
    const key = `${KEYS.queueBase(terms.runsQueue.name)}${runName(run.number)}`;
    await terms.connection.hset(key, 'name', reportTitle(report));
    await tellStory(job, report);
  }
  await job.updateProgress(100);
  await forgetOldRuns(terms.connection, terms.runsQueue);
  return report;
}

/** A cancelled run's report adds up: jobs that had not begun are counted as cancelled. */
function withRest(report: Report, run: Run): Report {
  const state = run.state === 'sealed' ? 'ended' : run.state;
  const rest = report.queued - report.ended;
  if (state !== 'cancelled' || rest <= 0) return { ...report, state };
  return {
    ...report,
    state,
    ended: report.queued,
    outcomes: { ...report.outcomes, cancelled: (report.outcomes.cancelled ?? 0) + rest },
    reasons: { ...report.reasons, cancelled: (report.reasons['cancelled'] ?? 0) + rest },
  };
}

/** Runs kept at once by one process; keeping one costs a few exchanges a second. */
const RUNS_AT_ONCE = 100;

/** A tracker may be killed as often as it likes: its work is repeatable. */
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
    const trackerTerms = { ...terms, tally: new QueueTally(terms.connection) };
    this.worker = new (bullmq().Worker)(
      RUNS_QUEUE,
      async (job, token): Promise<Report | null> => {
        const report = await keepRun(job, trackerTerms, this.stopping.signal);
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

export class QueueTally {
  private readonly connection: RedisConnection;
  private readonly folds = new Map<string, Promise<void>>();

  constructor(connection: RedisConnection) {
    this.connection = connection;
  }

  /** Resolves when all that had finished in the queue when this was called has been counted. */
  async fold(queue: JobQueue): Promise<void> {
    await this.folds.get(queue.name);
    const fold = this.folds.get(queue.name) ?? this.foldAll(queue);
    this.folds.set(queue.name, fold);
    await fold;
  }

  private async foldAll(queue: JobQueue): Promise<void> {
    try {
      while (await foldFinished(this.connection, queue));
    } finally {
      this.folds.delete(queue.name);
    }
  }
}

/** Writes the story once; a tracker that took over finds the old one replaced. */
async function tellStory(job: Job, report: Report): Promise<void> {
  await job.clearLogs(0);
  for (const line of storyOf(report)) await job.log(line);
}

function storyOf(report: Report): string[] {
  return [
    `${formatCount(report.asked)} asked for, ${formatCount(report.duplicates)} duplicates, ${formatCount(report.queued)} queued in ${report.queue}`,
    `ended: ${countsOf(report.outcomes)}`,
    ...(Object.keys(report.retries).length === 0 ? [] : [`retries: ${countsOf(report.retries)}`]),
    ...speedOf(report),
    ...(report.disturbed === null ? [] : [`not used as a baseline: ${report.disturbed}`]),
  ];
}

function speedOf(report: Report): string[] {
  if (report.wallMs === null || report.throughputPerSecond === null) return [];
  const { comparison } = report;
  return [
    `${formatDuration(report.wallMs)} at concurrency ${report.concurrency}: ${formatRate(report.throughputPerSecond)}`,
    ...(comparison === null
      ? []
      : [
          comparison.speedUp === null
            ? `no speed-up: ${comparison.note ?? ''}`
            : `${formatSpeedUp(comparison.speedUp)} run-${comparison.baselineRun} (${comparison.label})`,
        ]),
  ];
}

function countsOf(counts: Readonly<Record<string, number | undefined>>): string {
  const parts = Object.entries(counts).map(([name, count]) => `${formatCount(count ?? 0)} ${name}`);
  return parts.length === 0 ? 'none' : parts.join(', ');
}
