/**
 * Processes a job: runs its handler once, has `reaction.ts` decide what the queue does about how
 * that went, and does it.
 */

import type { Job } from 'bullmq';
import { LRUCache } from 'lru-cache';
import type { OutOfFilesError, StoreUnavailableError } from '../shared/base/errors.js';
import { JobFailure } from '../shared/base/outcome.js';
import { urlText } from '../shared/base/safe-text.js';
import type { Fetched } from '../shared/fetch/answer.js';
import { type KindName, recordKindOf } from '../shared/kinds/kinds.js';
import { areSitesMixed, fileOfUrl, siteIdentity, urlOf, urlOfFile } from '../shared/kinds/site.js';
import {
  type Ending,
  type EndingRecord,
  type JobPayload,
  type JobPlace,
  parseData,
  parseJobId,
  runName,
  toRecord,
} from '../shared/queues/job.js';
import { bullmq, type JobQueue } from '../shared/queues/queue.js';
import { readQueuePause } from '../shared/queues/queue-state.js';
import { forgetRefusals, readSiteState } from '../shared/queues/site-state.js';
import { spanned, type SpanDetails } from '../shared/queues/telemetry.js';
import type { RedisClock } from '../shared/redis/clock.js';
import { isRedisError, type RedisConnection } from '../shared/redis/connection.js';
import { noteBegin, noteEnding, noteUnfinished } from '../shared/runs/attempts.js';
import { keyText, type ResultKey } from '../shared/store/result-key.js';
import type { ResultFacts, ResultStore, ResultVersion } from '../shared/store/result-store.js';
import type { Handler, HandlerContext } from './handlers/handler.js';
import type { RedisBackoff } from './redis-backoff.js';
import {
  afterRefusal,
  type Attempted,
  OtherSiteError,
  type Reaction,
  reactionTo,
  refusalOf,
  RetryLater,
  sharedPause,
  SitePausedError,
  type Trouble,
} from './reaction.js';
import type { RunStandings } from './site-guard.js';
import type { JobSignals, SiteAccess } from './site-access.js';
import type { SiteLimiter } from './site-limiter.js';

/** Runs known to have begun: more than are worked at once. */
const BEGUN_REMEMBERED = 1000;

export interface JobProcessorOptions {
  readonly queue: JobQueue;
  /** First pause after a block page; it doubles up to a day. */
  readonly blockPauseMs: number;
  /** A job whose site has refused, or not answered, for this long fails. */
  readonly giveUpAfterMs: number;
}

export interface JobProcessorDeps {
  readonly connection: RedisConnection;
  readonly clock: RedisClock;
  readonly handler: Handler<KindName>;
  /** The sites that the jobs of the queue's kind ask; none for a kind that fetches nothing. */
  readonly sites: ReadonlyMap<KindName, SiteAccess>;
  readonly runs: RunStandings;
  readonly backoff: RedisBackoff;
  readonly store: ResultStore;
  /** Called when results cannot be written: the worker must take no more jobs. */
  readonly onStoreTrouble: (trouble: StoreUnavailableError | OutOfFilesError) => void;
  /** Called when a job is another site's; resolves with whether the queue goes on without it. */
  readonly onOtherSite: (error: OtherSiteError) => Promise<boolean>;
}

/** An attempt at a job, as BullMQ handed it over. */
interface Attempt {
  readonly job: Job;
  readonly token: string;
  /** Which one this is, from 1: pauses, stops and crashes do not count. */
  readonly number: number;
  /** Where the job belongs; undefined for a job that no run of ours added. */
  readonly place: JobPlace | undefined;
  /** In Redis time. */
  readonly startedAtMs: number;
  readonly signals: JobSignals;
}

export class JobProcessor {
  readonly #options: JobProcessorOptions;
  readonly #deps: JobProcessorDeps;
  /** Identity of the site that is asked here; empty for none. */
  readonly #site: string;
  readonly #progress = { ended: 0, refusals: 0 };
  readonly #isMixed: boolean;
  /** Whether this process has been refused since the site's last answer. */
  #refused = false;
  readonly #begun = new LRUCache<number, true>({ max: BEGUN_REMEMBERED });

  constructor(options: JobProcessorOptions, deps: JobProcessorDeps) {
    this.#options = options;
    this.#deps = deps;
    const sites = [...deps.sites].map(([kind, { site }]) => [kind, site] as const);
    this.#isMixed = areSitesMixed(options.queue.kind, Object.fromEntries(sites));
    this.#site = siteIdentity(deps.sites.get(options.queue.kind)?.site.url ?? '');
  }

  /** Attempts that ended here, answered or not, and refusals among them. */
  get progress(): { readonly ended: number; readonly refusals: number } {
    return this.#progress;
  }

  /** Processes one job. Resolves with its ending, or throws what makes BullMQ do the rest. */
  async process(job: Job, token: string, signals: JobSignals): Promise<EndingRecord> {
    const attempt: Attempt = {
      job,
      token,
      number: job.attemptsMade + 1,
      place: parseJobId(job.id ?? ''),
      startedAtMs: this.#deps.clock.now(),
      signals,
    };
    this.#noteBegin(attempt);
    const attempted = await this.#try(attempt);
    const reaction = reactionTo(attempted, {
      attempt: attempt.number,
      attemptsMax: job.opts.attempts ?? 1,
      giveUpAfterMs: this.#options.giveUpAfterMs,
      stopping: signals.closing.aborted,
      random: Math.random(),
    });
    this.#progress.ended += 1;
    if (reaction.type === 'pause') this.#progress.refusals += 1;
    try {
      return await this.#carryOut(reaction, attempt);
    } catch (error) {
      if (!isRedisError(error)) throw error;
      return this.#carryOut({ type: 'put-back', trouble: { of: 'redis', error } }, attempt);
    }
  }

  /** Puts a job back into its queue; no attempt is spent. */
  async putBack(job: Job, token: string): Promise<never> {
    await job.moveToWait(token);
    throw new (bullmq().WaitingError)();
  }

  /** Runs the handler once. Never throws: what was thrown is part of the result. */
  async #try(attempt: Attempt): Promise<Attempted> {
    try {
      const { input, refetch } = this.#payloadOf(attempt);
      await this.#requireWanted(attempt);
      const context = this.#contextOf(attempt, refetch, this.#options.queue.kind);
      return { type: 'answered', answer: await this.#deps.handler(input, context) };
    } catch (error) {
      return { type: 'threw', error };
    }
  }

  #payloadOf({ job }: Attempt): JobPayload {
    const { kind } = this.#options.queue;
    const payload = job.name === kind ? parseData(kind, job.data) : undefined;
    if (payload === undefined) throw new JobFailure('bad-input', `not what a ${kind} job carries`);
    return payload;
  }

  /** Whether the job is still to be done, and by a worker that is configured as this one is. */
  async #requireWanted({ place }: Attempt): Promise<void> {
    if (place === undefined) return;
    const { givenUp, site } = await this.#deps.runs.of(place.run);
    if (givenUp !== undefined) {
      throw new JobFailure('cancelled', `${runName(place.run)} ${givenUp}`);
    }
    const own = this.#site;
    const isOther = site !== own && site !== '' && own !== '';
    if (isOther || this.#isMixed) throw new OtherSiteError(place.run, site);
  }

  #contextOf(
    attempt: Attempt,
    refetch: boolean,
    kind: KindName,
  ): HandlerContext<JobPayload['input']> {
    const { store } = this.#deps;
    const seen = new Map<string, ResultVersion | undefined>();
    const fetch = (urlFor: (access: SiteAccess) => string): Promise<Fetched> => {
      const access = this.#accessTo(kind);
      return this.#fetch(access, urlFor(access), attempt);
    };
    return {
      signal: attempt.signals.release,
      isKept: async (key) => {
        if (!refetch) return store.has(key);
        seen.set(keyText(key), await store.version(key));
        return false;
      },
      read: (key) => store.read(key),
      fetch: (input) => fetch(({ site }) => urlOf(kind, site, input)),
      fileOf: (url) => fileOfUrl(kind, this.#accessTo(kind).site, url),
      fetchFile: (file) => fetch(({ site }) => urlOfFile(kind, site, file)),
      store: async (key, fetched) => {
        // A result that has changed since it was looked at is newer than this answer, and stays.
        const replacing = { version: seen.get(keyText(key)) };
        const facts = this.#factsOf(kind, fetched, attempt);
        await spanned(
          () => storeSpan(key, fetched),
          () => store.put(key, fetched.body, facts, { replacing }),
        );
      },
      discard: async (key, fetched) => {
        if (seen.get(keyText(key)) === undefined) return;
        await store.note(key, this.#factsOf(kind, fetched, attempt), 'missing');
        await store.remove(key);
      },
      noteMissing: (key, fetched) =>
        store.note(key, this.#factsOf(kind, fetched, attempt), 'missing'),
      ofRecords: () => this.#contextOf(attempt, refetch, recordKindOf(kind) ?? kind),
    };
  }

  #accessTo(kind: KindName): SiteAccess {
    const access = this.#deps.sites.get(kind);
    if (access !== undefined) return access;
    throw new JobFailure('bad-input', `a ${kind} job has no site to ask`);
  }

  async #fetch(access: SiteAccess, url: string, attempt: Attempt): Promise<Fetched> {
    const jobId = attempt.job.id ?? '';
    const check = () => this.#requireWorked(attempt);
    try {
      return await access.fetch({ url, jobId, check, ...attempt.signals });
    } catch (error) {
      if (access.kind !== this.#options.queue.kind) await this.#heedOtherSite(access, error);
      throw error;
    }
  }

  /**
   * Another kind's site is to be left alone: the jobs of this one that need it would ask in vain, so
   * their queues pause for as long.
   */
  async #heedOtherSite({ kind, limiter }: SiteAccess, error: unknown): Promise<void> {
    if (error instanceof JobFailure) {
      // The job's own queues pause with the reaction to the failure.
      const refusal = refusalOf(error, this.#options.blockPauseMs);
      if (refusal !== undefined) await limiter.refuse(refusal);
    } else if (error instanceof SitePausedError) {
      const { pausedForMs, pauseReason } = await readSiteState(this.#deps.connection, kind);
      await this.#ownLimiter.refuse(sharedPause(pausedForMs, pauseReason));
    }
  }

  /** While a job waits for its turn, its run may be cancelled and its queue paused. */
  async #requireWorked(attempt: Attempt): Promise<void> {
    await this.#requireWanted(attempt);
    const pause = await readQueuePause(this.#deps.connection, this.#options.queue);
    if (pause !== undefined) throw new SitePausedError();
  }

  #factsOf(kind: KindName, fetched: Fetched, { number, place }: Attempt): ResultFacts {
    return {
      kind,
      url: urlText(fetched.url, this.#accessTo(kind).site.url),
      status: fetched.status,
      fetchedAt: new Date(this.#deps.clock.now()).toISOString(),
      durationMs: Math.round(fetched.durationMs * 10) / 10,
      attempt: number,
      run: place === undefined ? '' : runName(place.run),
    };
  }

  async #carryOut(reaction: Reaction, attempt: Attempt): Promise<EndingRecord> {
    switch (reaction.type) {
      case 'complete':
        if (this.#refused && reaction.answer.status > 0) await this.#forgetRefusals();
        return this.#endingOf(attempt, reaction.answer);
      case 'fail':
        if (reaction.pausesSite) await this.#pauseSite(reaction.failure);
        return this.#fail(attempt, reaction.failure);
      case 'retry':
        await this.#noteUnfinished(attempt, reaction.failure);
        throw new RetryLater(reaction.failure, reaction.delayMs);
      case 'pause':
        return this.#waitForSite(attempt, reaction.failure);
      case 'site-paused':
        await this.#noteUnfinished(attempt);
        throw new (bullmq().RateLimitError)();
      case 'site-away':
        await this.#noteUnfinished(attempt, reaction.failure);
        await attempt.job.moveToDelayed(Date.now() + reaction.delayMs, attempt.token);
        throw new (bullmq().DelayedError)();
      case 'other-site':
        // Where the queue does not go on, the job waits at its head for a worker of its site.
        if (!(await this.#deps.onOtherSite(reaction.error))) {
          return this.putBack(attempt.job, attempt.token);
        }
        await attempt.job.moveToDelayed(Date.now() + reaction.delayMs, attempt.token);
        throw new (bullmq().DelayedError)();
      case 'put-back':
        await this.#heed(reaction.trouble, attempt.signals);
        // Redis may be the trouble; that the job goes back is more than its times are.
        await this.#noteUnfinished(attempt).catch(() => {});
        return this.putBack(attempt.job, attempt.token);
    }
  }

  async #heed(trouble: Trouble | undefined, { closing }: JobSignals): Promise<void> {
    if (trouble?.of === 'store') this.#deps.onStoreTrouble(trouble.error);
    if (trouble?.of === 'redis') await this.#deps.backoff.wait(trouble.error, closing);
  }

  async #waitForSite(attempt: Attempt, failure: JobFailure): Promise<never> {
    const refusedForMs = await this.#pauseSite(failure);
    if (afterRefusal(refusedForMs, this.#options.giveUpAfterMs) === 'give-up') {
      return this.#fail(attempt, failure);
    }
    await this.#noteUnfinished(attempt, failure);
    throw new (bullmq().RateLimitError)();
  }

  /** Pauses the queues of the job's kind for a failure that asks for it. Returns how long that has lasted. */
  async #pauseSite(failure: JobFailure): Promise<number> {
    this.#refused = true;
    const refusal = refusalOf(failure, this.#options.blockPauseMs);
    if (refusal === undefined) return 0;
    const { refusedForMs } = await this.#ownLimiter.refuse(refusal);
    return refusedForMs;
  }

  get #ownLimiter(): SiteLimiter {
    return this.#accessTo(this.#options.queue.kind).limiter;
  }

  async #forgetRefusals(): Promise<void> {
    this.#refused = false;
    await forgetRefusals(this.#deps.connection, this.#options.queue.kind);
  }

  async #fail(attempt: Attempt, failure: JobFailure): Promise<never> {
    const { status = 0, durationMs = 0 } = failure.facts;
    const { reason } = failure;
    const ending = this.#endingOf(attempt, { reason, fetchMs: durationMs, bytes: 0, status });
    await noteEnding(this.#deps.connection, this.#options.queue.name, attempt.job.id ?? '', ending);
    const error = new (bullmq().UnrecoverableError)(failure.message);
    error.stack = reason === 'defect' ? (failure.stack ?? '') : failure.message;
    error.cause = failure;
    throw error;
  }

  #endingOf(
    { startedAtMs, number }: Attempt,
    { reason, fetchMs, bytes, status }: Pick<Ending, 'reason' | 'fetchMs' | 'bytes' | 'status'>,
  ): EndingRecord {
    const elapsedMs = this.#deps.clock.now() - startedAtMs;
    return toRecord({ reason, fetchMs, bytes, status, startedAtMs, elapsedMs, attempt: number });
  }

  /** Not awaited: the next job tells it if this one cannot. */
  #noteBegin({ place, startedAtMs }: Attempt): void {
    if (place === undefined || this.#begun.has(place.run)) return;
    const { run } = place;
    this.#begun.set(run, true);
    noteBegin(this.#deps.connection, run, startedAtMs).catch(() => this.#begun.delete(run));
  }

  async #noteUnfinished({ place, startedAtMs }: Attempt, failure?: JobFailure): Promise<void> {
    if (place === undefined) return;
    const elapsedMs = this.#deps.clock.now() - startedAtMs;
    const fetchMs = failure?.facts.durationMs ?? 0;
    const attempt = { startedAtMs, elapsedMs, reason: failure?.reason, fetchMs };
    await noteUnfinished(this.#deps.connection, this.#options.queue.name, place, attempt);
  }
}

function storeSpan(key: ResultKey, { body }: Fetched): SpanDetails {
  const attributes = { 'comic_queue.result': keyText(key), 'comic_queue.bytes': body.length };
  return { name: 'store', kind: 'internal', attributes };
}
