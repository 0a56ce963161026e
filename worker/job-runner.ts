/** One job, from what Redis handed over to what the queue does with it. */

import type { Job } from 'bullmq';
import { JobFailure } from '../shared/base/errors.js';
import type { Fetcher } from '../shared/fetch/fetcher.js';
import type { Fetched } from '../shared/fetch/visit.js';
import type { KindName } from '../shared/kinds/kinds.js';
import { type Site, urlOf } from '../shared/kinds/site.js';
import { type JobPayload, parseData, parseJobId, runName } from '../shared/queues/job.js';
import type { RedisClock } from '../shared/redis/clock.js';
import type { ResultFacts, ResultStore, ResultVersion } from '../shared/store/result-store.js';
import type { CancelledRuns } from './cancelled-runs.js';
import type { Handler, HandlerContext } from './handlers/handler.js';
import type { Attempted } from './reaction.js';
import type { SiteGate } from './site-gate.js';

export interface JobTools {
  readonly kind: KindName;
  readonly handler: Handler<KindName>;
  readonly site: Site | undefined;
  readonly store: ResultStore;
  readonly fetcher: Fetcher;
  readonly gate: SiteGate;
  readonly cancelled: CancelledRuns;
  readonly clock: RedisClock;
  readonly workerId: string;
}

/** Runs the handler of a job once. Never throws: what was thrown is part of the result. */
export async function attemptJob(
  job: Job,
  tools: JobTools,
  signal: AbortSignal,
): Promise<Attempted> {
  try {
    const { input, refetch } = readPayload(job, tools.kind);
    const run = parseJobId(job.id ?? '')?.run;
    if (run !== undefined && (await tools.cancelled.has(run))) {
      throw new JobFailure('cancelled', `${runName(run)} was cancelled`);
    }
    const context = contextOf(job, { refetch, run }, tools, signal);
    return { type: 'answered', answer: await tools.handler(input, context) };
  } catch (error) {
    return { type: 'threw', error };
  }
}

/** Which attempt this is, from 1: pauses, stops and crashes do not count. */
export function attemptOf(job: Job): number {
  return job.attemptsMade + 1;
}

function readPayload(job: Job, kind: KindName): JobPayload {
  const payload = job.name === kind ? parseData(kind, job.data) : undefined;
  if (payload === undefined) throw new JobFailure('bad-input', `not what a ${kind} job carries`);
  return payload;
}

interface JobTerms {
  readonly refetch: boolean;
  readonly run: number | undefined;
}

function contextOf(
  job: Job,
  { refetch, run }: JobTerms,
  tools: JobTools,
  signal: AbortSignal,
): HandlerContext<JobPayload['input']> {
  const seen: { version: ResultVersion | undefined } = { version: undefined };
  const factsOf = (fetched: Fetched): ResultFacts => fetchFacts(fetched, { job, run, tools });
  return {
    signal,
    isKept: async (key) => {
      if (!refetch) return tools.store.has(key);
      seen.version = await tools.store.version(key);
      return false;
    },
    fetch: async (input) => {
      if (tools.site === undefined) {
        throw new JobFailure('bad-input', `a ${tools.kind} job has no site to ask`);
      }
      await tools.gate.pass(signal);
      return tools.fetcher.get(urlOf(tools.kind, tools.site, input), { signal });
    },
    store: async (key, fetched) => {
      // If what was there before the fetch has changed since, somebody stored something newer.
      await tools.store.put(key, fetched.body, factsOf(fetched), { replacing: seen });
    },
    noteMissing: (key, fetched) => tools.store.note(key, factsOf(fetched), 'missing'),
  };
}

interface Origin {
  readonly job: Job;
  readonly run: number | undefined;
  readonly tools: JobTools;
}

function fetchFacts(fetched: Fetched, { job, run, tools }: Origin): ResultFacts {
  return {
    kind: tools.kind,
    url: fetched.url,
    status: fetched.status,
    fetchedAt: new Date(tools.clock.now()).toISOString(),
    durationMs: Math.round(fetched.durationMs * 10) / 10,
    attempt: attemptOf(job),
    run: run === undefined ? '' : runName(run),
  };
}
