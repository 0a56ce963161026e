/**
 * How Bull Board shows our jobs: named by their input, with their endings explained, and bounded in
 * size. A formatter that throws turns the page of its queue into an error, and a queue may hold jobs
 * of other programs: each of these takes anything.
 */

import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type {
  AfterHook,
  JobStatus,
  QueueAdapterOptions,
  QueueWorker,
} from '@bull-board/api/typings/app';
import type { Queue } from 'bullmq';
import { z } from 'zod';
import { REASONS } from '../../shared/base/outcome.js';
import { safeText } from '../../shared/base/safe-text.js';
import { type KindName, kindOf } from '../../shared/kinds/kinds.js';
import { parseData, parseEnding, parseRunName } from '../../shared/queues/job.js';
import { type JobQueue, RUNS_QUEUE } from '../../shared/queues/queue.js';
import type { Heartbeat } from '../../shared/queues/heartbeat.js';
import {
  formatBytes,
  formatMilliseconds,
  formatRate,
  formatSpeedUp,
} from '../../shared/report/format.js';
import { shownFigures } from '../../shared/report/passes.js';
import { Report, reportTitle } from '../../shared/report/report.js';

/** Data of a foreign job are cut to this many characters of JSON. */
const PAYLOAD_LENGTH_MAX = 4096;

/** Ours are short; measured, 300 foreign jobs of 1 MB made one page of 300 MB. */
const TEXT_LENGTH_MAX = 2000;

/** Failures shown of a job that was tried many times. */
const TRACES_MAX = 5;

/** Numbers alone are ids that BullMQ gave to jobs of other programs. */
const RUN_JOB = /^run-/;

const Job = z.looseObject({
  id: z.string().nullish(),
  failedReason: z.string().optional(),
  stacktrace: z.array(z.string()).optional(),
  opts: z.unknown(),
  progress: z.unknown(),
  attempts: z.number().optional(),
  attemptsStarted: z.number().optional(),
  finishedOn: z.number().nullish(),
});
type Job = z.infer<typeof Job>;

const OneJob = z.looseObject({ job: Job });
const Queues = z.looseObject({ queues: z.array(z.looseObject({ jobs: z.array(Job) })) });

/** The workers that are connected now. */
export type WorkerList = () => Promise<readonly Heartbeat[]>;

/** A queue with these formatters; `queue` is undefined for the queue of runs, which every worker works. */
export class QueueAdapter extends BullMQAdapter {
  readonly #queue: JobQueue | undefined;
  readonly #workers: WorkerList;

  constructor(
    bullQueue: Queue,
    options: Partial<QueueAdapterOptions>,
    queue: JobQueue | undefined,
    workers: WorkerList,
  ) {
    super(bullQueue, options);
    this.#queue = queue;
    this.#workers = workers;
    this.setFormatter('data', jobPayload);
    if (queue === undefined) {
      this.setFormatter('name', runJobName);
      this.setFormatter('returnValue', runResult);
    } else {
      this.setFormatter('name', (job) => jobName(queue.kind, job));
      this.setFormatter('returnValue', jobResult);
    }
  }

  /**
   * The workers by their heartbeats, with their concurrency. Bull Board would ask at each poll, for
   * each queue, by CLIENT LIST, which walks every connection of Redis.
   */
  override async getWorkers(): Promise<QueueWorker[]> {
    const workers = await this.#workers();
    return workers.flatMap((worker) => {
      const atATime = this.#concurrencyOf(worker);
      if (atATime === undefined) return [];
      return [
        {
          id: worker.id,
          name: `${worker.id} · ${atATime} at a time`,
          addr: `${worker.host}, process ${worker.pid}`,
          age: Math.max(0, Math.round((Date.now() - worker.startedAtMs) / 1000)),
        },
      ];
    });
  }

  /** The states that our jobs come to: a tab that can never fill only raises questions. */
  override getJobStatuses(): JobStatus[] {
    return ['active', 'waiting', 'completed', 'failed', 'delayed'];
  }

  #concurrencyOf({ queues }: Heartbeat): number | undefined {
    if (this.#queue !== undefined) return queues[this.#queue.name];
    return Object.values(queues).reduce((all, atATime) => all + atATime, 0);
  }
}

/** `614`, `Your Name`, `2`: what the job is about; its own name where it is not one of ours. */
export function jobName(kind: KindName, job: unknown): string {
  const { name, data } = fieldsOf(job);
  const payload = parseData(kind, data);
  const word = payload === undefined ? String(name) : kindOf(kind).format(payload.input);
  return safeText(word, 120);
}

/** The title of a run without its number: Bull Board shows the id before it. */
export function runJobName(job: unknown): string {
  return safeText(String(fieldsOf(job)['name']).replace(/^run-\d+ · /, ''));
}

/** Data as it is, unless it is too large to be sent to a page. */
export function jobPayload(data: unknown): unknown {
  const text = JSON.stringify(data) ?? '';
  if (text.length <= PAYLOAD_LENGTH_MAX) return data;
  return {
    cutShort: `${formatBytes(text.length)} of JSON, of which this is the start`,
    start: safeText(text.slice(0, PAYLOAD_LENGTH_MAX), PAYLOAD_LENGTH_MAX),
  };
}

/** How a job ended, with its fields named. */
export function jobResult(value: unknown): unknown {
  const ending = parseEnding(value);
  if (ending === undefined) return jobPayload(value);
  return {
    reason: ending.reason,
    meaning: REASONS[ending.reason].meaning,
    started: new Date(ending.startedAtMs).toISOString(),
    took: formatMilliseconds(ending.elapsedMs),
    fetch: ending.fetchMs > 0 ? formatMilliseconds(ending.fetchMs) : 'nothing was fetched',
    stored: formatBytes(ending.bytes),
    attempt: ending.attempt,
    status: ending.status,
  };
}

/** The report of a run, with its result in one line before it. */
export function runResult(value: unknown): unknown {
  const parsed = Report.safeParse(value);
  if (!parsed.success) return jobPayload(value);
  const report = parsed.data;
  const { throughputPerSecond: rate } = shownFigures(report);
  const speedUp = report.comparison?.speedUp;
  return {
    result: reportTitle(report),
    ...(rate === null ? {} : { throughput: formatRate(rate) }),
    ...(typeof speedUp === 'number' ? { speedUp: formatSpeedUp(speedUp) } : {}),
    report,
  };
}

/** A hook that cuts what is long in the jobs of an answer. Data and results are cut by formatters. */
export const boundedJobs: AfterHook = async (_context, result) => {
  const one = OneJob.safeParse(result.body);
  if (one.success) return { ...result, body: { ...one.data, job: bounded(one.data.job) } };
  const many = Queues.safeParse(result.body);
  if (!many.success) return result;
  const queues = many.data.queues.map((bullQueue) => ({
    ...bullQueue,
    jobs: bullQueue.jobs.map(bounded),
  }));
  return { ...result, body: { ...many.data, queues } };
};

/**
 * A hook that gives jobs that are runs the title and the report they have now. BullMQ holds those of the
 * moment a run ended: before the other passes of its comparison, before a baseline, before a retry.
 */
export function runTitles(
  listed: (run: number) => Promise<{ readonly report: Report | undefined } | undefined>,
): AfterHook {
  const current = async (job: Job): Promise<Job> => {
    const number = RUN_JOB.test(job.id ?? '') ? parseRunName(job.id ?? '') : undefined;
    const run = number === undefined ? undefined : await listed(number);
    if (run?.report === undefined) return job;
    const { report } = run;
    return {
      ...job,
      name: runJobName({ name: reportTitle(report) }),
      returnValue: runResult(report),
    };
  };
  return async (_context, result) => {
    const one = OneJob.safeParse(result.body);
    if (one.success) {
      return { ...result, body: { ...one.data, job: await current(one.data.job) } };
    }
    const many = Queues.safeParse(result.body);
    if (!many.success) return result;
    const queues = await Promise.all(
      many.data.queues.map(async (bullQueue) =>
        bullQueue['name'] === RUNS_QUEUE
          ? { ...bullQueue, jobs: await Promise.all(bullQueue.jobs.map(current)) }
          : bullQueue,
      ),
    );
    return { ...result, body: { ...many.data, queues } };
  };
}

function bounded({ attemptsStarted, ...job }: Job): Job {
  const { failedReason, stacktrace } = job;
  return {
    ...job,
    ...(isUnderWay(job, attemptsStarted) ? {} : { attemptsStarted }),
    opts: jobPayload(job.opts),
    progress: jobPayload(job.progress),
    ...(failedReason === undefined ? {} : { failedReason: cut(failedReason) }),
    ...(stacktrace === undefined ? {} : { stacktrace: stacktrace.slice(0, TRACES_MAX).map(cut) }),
  };
}

/** The attempt under way has been started and not made: that is no sign of trouble. */
function isUnderWay({ attempts = 0, finishedOn }: Job, started: number | undefined): boolean {
  return started === undefined || (typeof finishedOn !== 'number' && started === attempts + 1);
}

function cut(text: string): string {
  return text.length > TEXT_LENGTH_MAX ? `${text.slice(0, TEXT_LENGTH_MAX)}…` : text;
}

function fieldsOf(job: unknown): Readonly<Record<string, unknown>> {
  return typeof job === 'object' && job !== null ? Object.fromEntries(Object.entries(job)) : {};
}
