/**
 * Bounds on what a page is sent of one job. Ours are small; a foreign job may be of any size, and
 * measured, 300 jobs of 1 MB made one page of 300 MB.
 */

import type { AfterHook } from '@bull-board/api/typings/app';
import { z } from 'zod';
import { jobPayload } from './job-words.js';

const TEXT_LENGTH_MAX = 2000;

/** Failures kept of a job that was tried many times. */
const TRACES_MAX = 5;

const Job = z.looseObject({
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

/** A hook that cuts what is long in the jobs of an answer. Data and results are cut by formatters. */
export const boundedJobs: AfterHook = async (_context, result) => {
  const one = OneJob.safeParse(result.body);
  if (one.success) return { ...result, body: { ...one.data, job: bounded(one.data.job) } };
  const many = Queues.safeParse(result.body);
  if (!many.success) return result;
  const queues = many.data.queues.map((queue) => ({ ...queue, jobs: queue.jobs.map(bounded) }));
  return { ...result, body: { ...many.data, queues } };
};

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
