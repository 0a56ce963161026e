/** Tracks runs: counts their ended jobs, shows how far each is, and ends it with its report. */

import { setMaxListeners } from 'node:events';
import type { Job, Queue, Worker } from 'bullmq';
import type { RateLimitedLog } from '../shared/base/logger.js';
import { pauseFor } from '../shared/base/wait.js';
import { nounOf } from '../shared/kinds/kinds.js';
import { parseRunName, runName } from '../shared/queues/job.js';
import { bullmq, RUNS_QUEUE } from '../shared/queues/queue.js';
import { queueKeys } from '../shared/queues/queue-keys.js';
import { areTrackersPaused } from '../shared/queues/queue-state.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { KEYS, PREFIX } from '../shared/redis/keys.js';
import { redisErrorText } from '../shared/redis/refusal.js';
import { formatCount, formatDuration, formatRate, formatSpeedUp } from '../shared/report/format.js';
import { currentReport, storedReport } from '../shared/report/read-report.js';
import { measureOf, type Report, reportTitle } from '../shared/report/report.js';
import { standstillLine, trackersStandstill } from '../shared/report/standstill.js';
import { forgetOldRuns } from '../shared/runs/forget-runs.js';
import { abandonIfSilent, endRun, liveRuns, readRun } from '../shared/runs/run-store.js';
import { isLive, type Run } from '../shared/runs/run.js';
import { finishSeries } from '../shared/runs/series.js';
import { settleRetry } from '../shared/runs/failed-jobs.js';
import { QueueTally } from '../shared/runs/tally.js';
import { restoreTrackers } from '../shared/runs/tracker-job.js';
import type { RedisBackoff } from './redis-backoff.js';
import { countAdded, dropWaiting, hasActiveJobs, UnendedJobs, withUnended } from './run-jobs.js';

/** A run in which something happens is looked at this often, an idle one less and less. */
const LOOK_EVERY_MIN_MS = 100;
const LOOK_EVERY_MAX_MS = 1000;

/** Runs tracked at once by one process; tracking one costs a few exchanges a second. */
const RUNS_AT_ONCE = 100;

/** A tracker gives way after this time if other runs have none, and comes back after the other. */
const TURN_MS = 5000;
const AWAY_MS = 1000;

/** How often live runs are searched for those without a tracker. */
const SWEEP_EVERY_MS = 5000;

/** A run of which no job has ended for so long is searched for jobs that are still to end. */
const GONE_AFTER_MS = 3000;

/** How soon a run is looked at again after an error. */
const RETRY_AFTER_ERROR_MS = 1000;

/** A tracker may be killed as often as it likes: its work is repeatable. */
const KILLS_MAX = 1_000_000;

/** Why a tracker stops whose job is not its own any more. */
const LOCK_LOST = 'its lock is lost';

/** How BullMQ says that a job is not its worker's any more. */
const JOB_LOST = /could not renew lock|^Missing (lock|key)|^Lock mismatch|not in the active state/;

export interface RunsWorkerOptions {
  readonly options: { readonly id: string; readonly lockMs: number };
  readonly connection: RedisConnection;
  readonly log: RateLimitedLog;
  readonly redisWatch: { readonly isGone: boolean };
  readonly runsQueue: Queue;
  readonly backoff: RedisBackoff;
}

/** Takes the jobs of the queue of runs: each makes this process the tracker of one run. */
export class RunsWorker {
  readonly #worker: Worker;
  readonly #deps: RunsWorkerOptions;
  readonly #tally: QueueTally;
  readonly #stopping = new AbortController();
  /** The trackers at work here, by the id of their job. */
  readonly #trackers = new Map<string, AbortController>();
  /** Runs of which the log says that they have begun. */
  readonly #told = new Set<number>();
  #arePaused = false;

  constructor(deps: RunsWorkerOptions) {
    this.#deps = deps;
    // Commands of any number of trackers wait with it; Node would warn of a leak from the eleventh on.
    setMaxListeners(0, this.#stopping.signal);
    this.#tally = new QueueTally(deps.connection);
    this.#worker = new (bullmq().Worker)(
      RUNS_QUEUE,
      (job, token): Promise<Report | null> => this.#track(job, token),
      {
        name: deps.options.id,
        connection: deps.connection,
        prefix: PREFIX,
        autorun: false,
        concurrency: RUNS_AT_ONCE,
        lockDuration: deps.options.lockMs,
        stalledInterval: Math.ceil(deps.options.lockMs / 2),
        maxStalledCount: KILLS_MAX,
        skipVersionCheck: true,
      },
    );
    deps.backoff.guard(this.#worker, this.#stopping.signal);
    this.#listen();
  }

  start(): void {
    void this.#worker.run().catch(() => {});
    void this.#sweep();
  }

  /** Hands the runs under way to other workers. May wait for ever where Redis is gone. */
  async close(): Promise<void> {
    this.#stopping.abort();
    for (const tracker of this.#trackers.values()) tracker.abort();
    await this.#worker.close();
  }

  #listen(): void {
    const { log, redisWatch } = this.#deps;
    this.#worker.on('error', (error) => {
      if (redisWatch.isGone || JOB_LOST.test(error.message)) return;
      log.warn(`Cannot follow the runs: ${redisErrorText(error)}`, {});
    });
    this.#worker.on('failed', (job, error) => {
      log.warn(`${job?.id ?? 'A run'} is followed again in a moment: ${error.message}`, {});
    });
    this.#worker.on('lockRenewalFailed', (ids) => {
      for (const id of ids) this.#letGo(id);
    });
  }

  /** Ends the tracker of a job whose lock is lost: another has the run, or will soon. */
  #letGo(id: string): void {
    const tracker = this.#trackers.get(id);
    if (tracker === undefined || tracker.signal.aborted) return;
    tracker.abort(LOCK_LOST);
    const text = `Stopped following ${id}: this worker was silent for too long, or Redis has lost its lock. It is followed again in a moment`;
    this.#deps.log.warn(text, { run: id });
  }

  /** The processor of a tracker's job: it ends with the run, or goes back to the queue. */
  async #track(job: Job, token: string | undefined): Promise<Report | null> {
    const id = job.id ?? '';
    if (this.#trackers.has(id)) {
      this.#letGo(id);
      // Not beside the older one: BullMQ stops renewing the lock of an id when the first of two ends.
      return delay(job, token);
    }
    const tracker = new AbortController();
    if (this.#stopping.signal.aborted) tracker.abort();
    this.#trackers.set(id, tracker);
    const deps = { ...this.#deps, tally: this.#tally, told: this.#told };
    const end = await new RunTracker(job, deps).track(tracker.signal);
    this.#trackers.delete(id);
    switch (end.why) {
      case 'over':
        return end.report ?? null;
      case 'stopped':
        if (tracker.signal.reason !== LOCK_LOST) await job.moveToWait(token);
        throw new (bullmq().WaitingError)();
      case 'turn-over':
        return delay(job, token);
    }
  }

  /** Gives live runs without a tracker one, again and again: their jobs may have failed or vanished. */
  async #sweep(): Promise<void> {
    const { connection, runsQueue, log } = this.#deps;
    do {
      try {
        const runs = await liveRuns(connection);
        const restored = await restoreTrackers(runsQueue, runs);
        if (restored.length > 0) {
          log.warn(`Followed again: ${restored.map(runName).join(', ')}`, {});
        }
        this.#tellPause(runs.length > 0 && (await areTrackersPaused(connection)));
      } catch (error) {
        log.warn(`Cannot look for runs that no worker follows: ${redisErrorText(error)}`, {});
      }
    } while (await pauseFor(SWEEP_EVERY_MS, this.#stopping.signal));
  }

  #tellPause(arePaused: boolean): void {
    if (arePaused && !this.#arePaused) {
      this.#deps.log.always(standstillLine(trackersStandstill()), { queue: RUNS_QUEUE });
    }
    this.#arePaused = arePaused;
  }
}

/** Lets another run have the tracker's place for a moment. */
async function delay(job: Job, token: string | undefined): Promise<never> {
  await job.moveToDelayed(Date.now() + AWAY_MS, token);
  throw new (bullmq().DelayedError)();
}

interface TrackerDeps {
  readonly connection: RedisConnection;
  readonly runsQueue: Queue;
  readonly log: RateLimitedLog;
  readonly tally: QueueTally;
  readonly told: Set<number>;
}

/** Why a tracker has let go of its run. */
type TrackerEnd =
  /** The run has ended; without a report where it is unknown. */
  | { readonly why: 'over'; readonly report?: Report | undefined }
  /** It was told to: another goes on. */
  | { readonly why: 'stopped' }
  /** Other runs wait for a tracker. */
  | { readonly why: 'turn-over' };

class RunTracker {
  readonly #job: Job;
  readonly #number: number;
  readonly #deps: TrackerDeps;
  readonly #unended: UnendedJobs;
  #endedBefore = -1;
  #movedAtMs = performance.now();
  #lookEveryMs = LOOK_EVERY_MIN_MS;

  constructor(job: Job, deps: TrackerDeps) {
    this.#job = job;
    this.#number = parseRunName(job.id ?? '') ?? 0;
    this.#deps = deps;
    this.#unended = new UnendedJobs(deps.connection);
  }

  /** Looks at the run until it is over. An error ends nothing: the next look begins where it stood. */
  async track(signal: AbortSignal): Promise<TrackerEnd> {
    const turnEndsAtMs = performance.now() + TURN_MS;
    while (!signal.aborted) {
      try {
        const end = await this.#look(signal);
        if (end !== undefined) return end;
        const isTurnOver = performance.now() > turnEndsAtMs;
        if (isTurnOver && (await this.#doOthersWait())) return { why: 'turn-over' };
      } catch (error) {
        const run = runName(this.#number);
        this.#deps.log.warn(`Cannot look at ${run}: ${redisErrorText(error)}`, { run });
        this.#lookEveryMs = RETRY_AFTER_ERROR_MS;
      }
      await pauseFor(this.#lookEveryMs, signal);
    }
    return { why: 'stopped' };
  }

  /** Counts what has ended; resolves with the end of the run where that was the last of it. */
  async #look(signal: AbortSignal): Promise<TrackerEnd | undefined> {
    const { connection, tally } = this.#deps;
    const run = await readRun(connection, this.#number);
    if (run === undefined) {
      this.#deps.told.delete(this.#number);
      return { why: 'over' };
    }
    if (!isLive(run)) return this.#finish(run);
    if (run.state === 'cancelled') await this.#dropWaiting(run, signal);
    if (run.state === 'open') await abandonIfSilent(connection, run.number);
    await tally.fold(run.queue);
    const ended = Number((await connection.hget(KEYS.tally(run.number), 'ended')) ?? 0);
    this.#tellBegin(run, ended);
    if (await this.#isOver(run, ended)) {
      await this.#end(run);
      return this.#look(signal);
    }
    const isIdle = ended === this.#endedBefore;
    this.#endedBefore = ended;
    this.#lookEveryMs = isIdle
      ? Math.min(this.#lookEveryMs * 1.5, LOOK_EVERY_MAX_MS)
      : LOOK_EVERY_MIN_MS;
    if (!isIdle) {
      await this.#job.updateProgress(Math.floor((ended / Math.max(run.total, 1)) * 100));
    }
    return undefined;
  }

  #tellBegin({ number, kind, total, baseline }: Run, ended: number): void {
    const { told, log } = this.#deps;
    if (told.has(number)) return;
    told.add(number);
    const noun = nounOf(kind, total);
    const jobs = `${formatCount(total)} ${noun}${baseline ? ', one at a time' : ''}`;
    const done = `${formatCount(ended)} of ${formatCount(total)} ${noun} done`;
    const text = ended === 0 ? `begins: ${jobs}` : `goes on: ${done}`;
    log.info(`${runName(number)} ${text}`, { run: runName(number), total });
  }

  #tellEnd(report: Report): void {
    const { told, log } = this.#deps;
    if (!told.delete(report.run)) return;
    const speed = speedLines(report)[0];
    const text = `${runName(report.run)} ${report.state}: ${countsOf(report.outcomes)}`;
    log.info(speed === undefined ? text : `${text}; ${speed}`, { run: runName(report.run) });
  }

  async #dropWaiting(run: Run, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && (await dropWaiting(this.#deps.connection, run)) > 0);
  }

  /** Whether every job of a run has ended, or never will. */
  async #isOver(run: Run, ended: number): Promise<boolean> {
    if (ended !== this.#endedBefore) this.#movedAtMs = performance.now();
    if (run.state === 'open') return false;
    if (run.state === 'cancelled') return !(await hasActiveJobs(this.#deps.connection, run));
    const isWhole = run.state !== 'abandoned';
    const total = isWhole ? run.total : await countAdded(this.#deps.connection, run);
    const isStill = performance.now() - this.#movedAtMs > GONE_AFTER_MS;
    return ended >= total || (isStill && (await this.#unended.areGone({ ...run, total })));
  }

  /** Ends a run, unless it has moved on meanwhile: an abandoned one may have been resumed. */
  async #end(run: Run): Promise<void> {
    const { connection, tally, log } = this.#deps;
    // Jobs that were active when the run was found to be over have been folded by now or never count.
    await tally.fold(run.queue);
    const counted = await currentReport(connection, run);
    const report = withUnended(counted, run);
    const dropped = report.ended - counted.ended;
    if (run.state === 'sealed' && dropped > 0) {
      const text = `${runName(run.number)} ends without ${formatCount(dropped)} of its jobs`;
      log.warn(`${text}: something else than a worker removed them from Redis`, { dropped });
    }
    await endRun(connection, run, {
      report: JSON.stringify(report),
      measureOf: measureOf(report),
      dropped,
    });
  }

  /**
   * Does what is left of a run that has ended. Each step may be repeated: a tracker killed here leaves
   * the rest to the next one. Undefined where the run has been resumed meanwhile.
   */
  async #finish(run: Run): Promise<TrackerEnd | undefined> {
    const { connection, runsQueue } = this.#deps;
    const report = storedReport(run);
    // What an abandoned run was counted by is needed again when it is resumed.
    if (run.state !== 'abandoned') await finishSeries(connection, run.number);
    if (report !== undefined) {
      await settleRetry(connection, run, report.outcomes);
      const job = queueKeys(RUNS_QUEUE).job(runName(run.number));
      await connection.hset(job, 'name', reportTitle(report));
      await this.#writeLog(report);
      this.#tellEnd(report);
    }
    await this.#job.updateProgress(100);
    await forgetOldRuns(connection, runsQueue);
    const again = await readRun(connection, run.number);
    return again !== undefined && isLive(again) ? undefined : { why: 'over', report };
  }

  /** Writes the log of the run's job; a tracker that took over replaces that of the one before. */
  async #writeLog(report: Report): Promise<void> {
    await this.#job.clearLogs(0);
    for (const line of logLines(report)) await this.#job.log(line);
  }

  /** Whether runs wait for a tracker that could have one. */
  async #doOthersWait(): Promise<boolean> {
    const { connection } = this.#deps;
    const [waiting, arePaused] = await Promise.all([
      connection.llen(queueKeys(RUNS_QUEUE).waiting),
      areTrackersPaused(connection),
    ]);
    return waiting > 0 && !arePaused;
  }
}

function logLines(report: Report): string[] {
  return [
    `${formatCount(report.asked)} asked for, ${formatCount(report.duplicates)} duplicates, ${formatCount(report.queued)} queued in ${report.queue}`,
    `ended: ${countsOf(report.outcomes)}`,
    ...(Object.keys(report.retries).length === 0 ? [] : [`retries: ${countsOf(report.retries)}`]),
    ...speedLines(report),
    ...(report.disturbed === null ? [] : [`not used as a baseline: ${report.disturbed}`]),
  ];
}

function speedLines(report: Report): string[] {
  if (report.wallMs === null || report.throughputPerSecond === null) return [];
  const { comparison } = report;
  return [
    `${formatDuration(report.wallMs)} at concurrency ${report.concurrency}: ${formatRate(report.throughputPerSecond)}`,
    ...(comparison === null
      ? []
      : [
          comparison.speedUp === null
            ? `no speed-up: ${comparison.note ?? ''}`
            : `${formatSpeedUp(comparison.speedUp)} run-${comparison.baselineRun}`,
        ]),
  ];
}

function countsOf(counts: Readonly<Record<string, number | undefined>>): string {
  const parts = Object.entries(counts).map(([name, count]) => `${formatCount(count ?? 0)} ${name}`);
  return parts.length === 0 ? 'none' : parts.join(', ');
}
