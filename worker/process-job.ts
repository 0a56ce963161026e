/** What BullMQ calls for each job of a queue: the reaction, carried out. */

import type { Job } from 'bullmq';
import { JobFailure, type StoreUnavailableError } from '../shared/base/errors.js';
import type { Fetched, Fetcher } from '../shared/fetch/fetcher.js';
import type { KindName } from '../shared/kinds/kinds.js';
import { type Site, urlOf } from '../shared/kinds/site.js';
import {
  type Ending,
  ENDING_FIELD,
  type EndingRecord,
  type JobPayload,
  parseData,
  parseJobId,
  runName,
  toRecord,
} from '../shared/queues/job.js';
import { bullmq, type JobQueue } from '../shared/queues/queue.js';
import { forgetRefusals, PAUSE_MAX_MS, pauseSite } from '../shared/queues/site-state.js';
import type { RedisClock } from '../shared/redis/clock.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { KEYS } from '../shared/redis/keys.js';
import type { ResultFacts, ResultStore, ResultVersion } from '../shared/store/result-store.js';
import type { Handler, HandlerContext } from './handlers/handler.js';
import { afterRefusal, type Attempted, type Reaction, reactionTo } from './reaction.js';
import type { CancelledRuns } from './run-jobs.js';
import type { SiteLimiter } from './site-limiter.js';

/** First pause after a 429 that does not say how long; it doubles up to five minutes. */
const REFUSAL_FIRST_PAUSE_MS = 1000;
const REFUSAL_PAUSE_MAX_MS = 300_000;

export interface QueueTerms {
  readonly queue: JobQueue;
  readonly connection: RedisConnection;
  readonly tools: JobTools;
  /** First pause after a block page; it doubles up to a day. */
  readonly blockPauseMs: number;
  /** A job whose site has refused for this long fails. */
  readonly giveUpAfterMs: number;
  /** The results cannot be written: the worker must take no more jobs. */
  readonly onStoreTrouble: (trouble: StoreUnavailableError) => void;
}

/** Thrown to BullMQ so that a job is tried again after `delayMs` (see `retryDelayMs`). */
class RetryLater extends Error {
  override readonly name = 'RetryLater';
  readonly delayMs: number;

  constructor(failure: JobFailure, delayMs: number) {
    super(failure.message, { cause: failure });
    this.delayMs = delayMs;
    // BullMQ keeps the stacks of failed attempts; an expected one only costs memory there.
    this.stack = failure.message;
  }
}

/** The delay that BullMQ asks for after a failed attempt. */
export function retryDelayMs(error: Error | undefined): number {
  return error instanceof RetryLater ? error.delayMs : 1000;
}

export class QueueProcessor {
  private readonly terms: QueueTerms;
  /** Attempts that ended here, answered or not, and refusals among them. */
  readonly progress = { ended: 0, refusals: 0 };
  /** Whether this process has been refused since the site's last answer. */
  private refused = false;

  constructor(terms: QueueTerms) {
    this.terms = terms;
  }

  /** Works one job. Resolves with its ending, or throws what makes BullMQ do the rest. */
  async process(job: Job, token: string, signal: AbortSignal): Promise<EndingRecord> {
    const startedAtMs = this.terms.tools.clock.now();
    const attempted = await attemptJob(job, this.terms.tools, signal);
    const reaction = reactionTo(attempted, {
      attempt: attemptOf(job),
      attemptsMax: job.opts.attempts ?? 1,
      stopping: signal.aborted,
      random: Math.random(),
    });
    this.progress.ended += 1;
    if (reaction.type === 'pause') this.progress.refusals += 1;
    return this.carryOut(reaction, { job, token, startedAtMs });
  }

  /** Puts a job back into its queue; it has not been tried. */
  async giveBack(job: Job, token: string): Promise<never> {
    await job.moveToWait(token);
    throw new (bullmq().WaitingError)();
  }

  private async carryOut(reaction: Reaction, work: Work): Promise<EndingRecord> {
    switch (reaction.type) {
      case 'complete':
        if (this.refused && reaction.answer.status > 0) await this.forgetRefusals();
        return this.record(work, reaction.answer);
      case 'fail':
        if (reaction.pausesSite) await this.pause(reaction.failure, this.terms.blockPauseMs);
        return this.fail(work, reaction.failure);
      case 'retry':
        await this.countRetry(work.job, reaction.failure);
        throw new RetryLater(reaction.failure, reaction.delayMs);
      case 'pause':
        return this.waitForSite(work, reaction.failure);
      case 'site-paused':
        throw new (bullmq().RateLimitError)();
      case 'give-back':
        if (reaction.trouble !== undefined) this.terms.onStoreTrouble(reaction.trouble);
        return this.giveBack(work.job, work.token);
    }
  }

  private async waitForSite(work: Work, failure: JobFailure): Promise<never> {
    const refusedForMs = await this.pause(failure, REFUSAL_FIRST_PAUSE_MS);
    await this.countRetry(work.job, failure);
    if (afterRefusal(refusedForMs, this.terms.giveUpAfterMs) === 'give-up') {
      return this.fail(work, failure);
    }
    throw new (bullmq().RateLimitError)();
  }

  private async pause(failure: JobFailure, firstPauseMs: number): Promise<number> {
    this.refused = true;
    const { connection, queue, tools } = this.terms;
    const refusal = {
      reason: failure.reason,
      retryAfterMs: failure.retryAfterMs,
      firstPauseMs,
      pauseMaxMs: firstPauseMs === REFUSAL_FIRST_PAUSE_MS ? REFUSAL_PAUSE_MAX_MS : PAUSE_MAX_MS,
    };
    const taken = await tools.limiter.closedWhile(() => pauseSite(connection, queue.kind, refusal));
    return taken.refusedForMs;
  }

  private async forgetRefusals(): Promise<void> {
    this.refused = false;
    await forgetRefusals(this.terms.connection, this.terms.queue.kind);
  }

  /** The ending is written beside the job before it fails: the tally finds both or neither. */
  private async fail(work: Work, failure: JobFailure): Promise<never> {
    const { status = 0, durationMs = 0 } = failure.facts;
    const record = this.record(work, {
      reason: failure.reason,
      fetchMs: durationMs,
      bytes: 0,
      status,
    });
    const key = `${KEYS.queueBase(this.terms.queue.name)}${work.job.id ?? ''}`;
    await this.terms.connection.hset(key, ENDING_FIELD, JSON.stringify(record));
    const error = new (bullmq().UnrecoverableError)(failure.message);
    error.stack = failure.reason === 'defect' ? (failure.stack ?? '') : failure.message;
    error.cause = failure;
    throw error;
  }

  private record(
    { job, startedAtMs }: Work,
    { reason, fetchMs, bytes, status }: Pick<Ending, 'reason' | 'fetchMs' | 'bytes' | 'status'>,
  ): EndingRecord {
    const elapsedMs = this.terms.tools.clock.now() - startedAtMs;
    const attempt = attemptOf(job);
    return toRecord({ reason, fetchMs, bytes, status, startedAtMs, elapsedMs, attempt });
  }

  private async countRetry(job: Job, failure: JobFailure): Promise<void> {
    const run = parseJobId(job.id ?? '')?.run;
    if (run === undefined) return;
    await this.terms.connection.hincrby(KEYS.retries(run), failure.reason, 1);
  }
}

interface Work {
  readonly job: Job;
  readonly token: string;
  readonly startedAtMs: number;
}

export interface JobTools {
  readonly kind: KindName;
  readonly handler: Handler<KindName>;
  readonly site: Site | undefined;
  readonly store: ResultStore;
  readonly fetcher: Fetcher;
  readonly limiter: SiteLimiter;
  readonly cancelled: CancelledRuns;
  readonly clock: RedisClock;
  readonly workerId: string;
}

/** Runs the handler of a job once. Never throws: what was thrown is part of the result. */
async function attemptJob(job: Job, tools: JobTools, signal: AbortSignal): Promise<Attempted> {
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
function attemptOf(job: Job): number {
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
      await tools.limiter.pass(signal);
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
