/**
 * Lets requests to a kind's site through: at the rate, outside the pauses, and, while the site is
 * away, as one probe at a time. All of that is shared by all workers, in Redis; what this worker
 * has seen for itself holds for it even while Redis cannot be told.
 */

import { errorText } from '../shared/base/errors.js';
import { isReason, JobFailure } from '../shared/base/outcome.js';
import type { RateLimitedLog } from '../shared/base/logger.js';
import { wait } from '../shared/base/wait.js';
import { type KindName, kindOf } from '../shared/kinds/kinds.js';
import { recordAnswer, recordFailure, releaseProbe } from '../shared/queues/circuit-breaker.js';
import {
  type Outage,
  pauseSite,
  readSiteState,
  type Refusal,
  type RefusalTaken,
  type SiteState,
  takeTurn,
  type Turn,
} from '../shared/queues/site-state.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { formatRoughDuration } from '../shared/report/format.js';
import { SiteAwayError, SitePausedError } from './reaction.js';

/** How old the known state of a site may be: requests go on while it is read again … */
const READ_EVERY_MS = 25;

/** … unless it is older than this: then they wait for it. */
const KNOWN_FOR_MS = 1000;

/** A request that waits for its turn looks this often whether anything has changed. */
const LOOK_EVERY_MS = 1000;

/** After a longer wait for its turn, a request looks again whether the site is paused. */
const RECHECK_AFTER_MS = 5;

/** A probe may take this long beyond the deadline of a fetch. */
const PROBE_MARGIN_MS = 5000;

export interface SiteLimiterOptions {
  readonly kind: KindName;
  /** The site as a log shows it. */
  readonly site: string;
  /** Time between two requests of this worker, beside the rate that all workers obey. */
  readonly intervalMs?: number | undefined;
  readonly fetchDeadlineMs: number;
  /** A job is not kept waiting for a site that has been away for this long. */
  readonly giveUpAfterMs: number;
}

export interface SiteLimiterDeps {
  readonly connection: RedisConnection;
  readonly log: RateLimitedLog;
}

/** Leave to send one request. Exactly one of `answered`, `failed` and `unsent` must follow. */
export interface Permit {
  /** Whether it is the one request by which a site that is away is tried. */
  readonly probe: boolean;
}

const REQUEST: Permit = { probe: false };

export interface Waiting {
  /** Called every second while a request waits for its turn; it throws what ends the waiting. */
  readonly check: () => Promise<void>;
  /** Aborts when the worker takes no more jobs. */
  readonly signal: AbortSignal;
}

/** A refusal that Redis has not been told of, and until when it holds. */
interface UntoldRefusal {
  readonly refusal: Refusal;
  readonly untilMs: number;
}

type TakenTurn = Extract<Turn, { type: 'turn' }>;

export class SiteLimiter {
  readonly #options: SiteLimiterOptions;
  readonly #deps: SiteLimiterDeps;
  /** The state of the site as it was last read; undefined before. */
  #state: SiteState | undefined;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;
  #readsSoon = false;
  /** Counts changes made by this worker: a state that was asked for before one is not believed. */
  #changes = 0;
  /** Refusals that Redis is being told of. */
  #telling = 0;
  #untold: UntoldRefusal | undefined;
  /** Whether attempts have failed here since the site's last answer. */
  #failing = false;
  /** When the next request is due by this worker's own rate, on the clock of `performance`. */
  #nextDueMs = 0;
  /** Whether the log says that the site is away. */
  #saidAway = false;

  constructor(options: SiteLimiterOptions, deps: SiteLimiterDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /**
   * Resolves when a request may be sent. Without a rate this costs some forty exchanges with Redis
   * a second, whatever the number of jobs, and no job waits for them while there are jobs.
   *
   * @throws SitePausedError when the site is to be left alone; SiteAwayError when it has been away
   * for too long to wait for it; what `waiting` ends with.
   */
  async pass(waiting: Waiting): Promise<Permit> {
    if (this.#options.intervalMs !== undefined)
      await this.#keepOwnRate(this.#options.intervalMs, waiting);
    if (this.#telling > 0) throw new SitePausedError();
    if (this.#untold !== undefined) await this.#tellAgain(this.#untold);
    const state = await this.#currentState();
    if (state.outage === undefined) {
      if (this.#isPaused(state)) throw new SitePausedError();
      if (state.intervalMs === undefined) return REQUEST;
    }
    return this.#waitForTurn(waiting);
  }

  /** The site answered a request, whatever it said. An open breaker closes. */
  async answered({ probe }: Permit): Promise<void> {
    const state = this.#state;
    if (!probe && !this.#failing && state?.failing !== true && state?.outage === undefined) return;
    this.#failing = false;
    if (state !== undefined) this.#state = { ...state, failing: false };
    try {
      if (!(await recordAnswer(this.#deps.connection, this.#options.kind))) return;
      this.#forgetState();
      this.#logOutage(undefined);
    } catch (error) {
      // The answer is worth keeping whether Redis hears of it or not; the next one tells it again.
      this.#failing = true;
      this.#deps.log.warn(`Cannot tell Redis that a site answers: ${errorText(error)}`, {});
    }
  }

  /**
   * A request failed as it does when a site is away.
   *
   * @returns the outage that it belongs to; undefined when it is this job's own failure.
   */
  async failed(
    { probe }: Permit,
    jobId: string,
    { reason, message }: JobFailure,
  ): Promise<Outage | undefined> {
    this.#failing = true;
    const { kind, site, giveUpAfterMs } = this.#options;
    const { connection, log } = this.#deps;
    const failure = { jobId, reason, probe, giveUpAfterMs, random: Math.random() };
    const outage = await recordFailure(connection, kind, failure);
    if (outage === undefined) return undefined;
    this.#forgetState();
    this.#logOutage(message);
    if (probe) {
      const { awayForMs, nextProbeInMs } = outage;
      const away = `for ${formatRoughDuration(awayForMs)}`;
      const next = `asked again in ${formatRoughDuration(nextProbeInMs)}`;
      const text = `${this.#siteText()} has not answered ${away} (${message}), ${next}`;
      log.warn(text, { kind, site, why: message, awayForMs, nextProbeInMs });
    }
    return outage;
  }

  /** A request was not sent, or its answer not waited for. */
  async unsent({ probe }: Permit): Promise<void> {
    if (!probe) return;
    await releaseProbe(this.#deps.connection, this.#options.kind);
    this.#forgetState();
  }

  /**
   * The site refused: pauses it for all workers. Nothing passes here while Redis is told, nor, when
   * it cannot be told, before the pause is over or it has been.
   */
  async refuse(refusal: Refusal): Promise<RefusalTaken> {
    const pauseMs = refusal.retryAfterMs ?? refusal.firstPauseMs;
    this.#untold = { refusal, untilMs: performance.now() + pauseMs };
    this.#telling += 1;
    try {
      const taken = await pauseSite(this.#deps.connection, this.#options.kind, refusal);
      this.#untold = undefined;
      return taken;
    } finally {
      this.#telling -= 1;
      this.#forgetState();
    }
  }

  /** Tells Redis of a refusal that it has not heard of, for what is left of its pause. */
  async #tellAgain({ refusal, untilMs }: UntoldRefusal): Promise<void> {
    const leftMs = Math.ceil(untilMs - performance.now());
    if (leftMs <= 0) {
      this.#untold = undefined;
      return;
    }
    await this.refuse({ ...refusal, retryAfterMs: leftMs });
    throw new SitePausedError();
  }

  /** A job whose turn is more than a second off looks again later, as under the rate of all. */
  async #keepOwnRate(intervalMs: number, { check, signal }: Waiting): Promise<void> {
    while (true) {
      const nowMs = performance.now();
      const waitMs = Math.max(0, this.#nextDueMs - nowMs);
      if (waitMs <= LOOK_EVERY_MS) {
        this.#nextDueMs = nowMs + waitMs + intervalMs;
        if (waitMs > 0) await wait(waitMs, signal);
        return;
      }
      await wait(LOOK_EVERY_MS, signal);
      await check();
    }
  }

  async #waitForTurn({ check, signal }: Waiting): Promise<Permit> {
    const { kind, giveUpAfterMs, fetchDeadlineMs } = this.#options;
    const probeMs = fetchDeadlineMs + PROBE_MARGIN_MS;
    while (true) {
      const turn = await takeTurn(this.#deps.connection, kind, { giveUpAfterMs, probeMs });
      if (turn.type === 'paused') throw new SitePausedError();
      if (turn.type === 'given-up') throw givenUp(turn);
      if (turn.type === 'turn') return this.#waitUntilDue(turn, signal);
      await wait(Math.min(turn.waitMs, LOOK_EVERY_MS), signal);
      await check();
    }
  }

  async #waitUntilDue({ waitMs, probe }: TakenTurn, signal: AbortSignal): Promise<Permit> {
    const permit = { probe };
    try {
      if (waitMs > 0) await wait(waitMs, signal);
      if (waitMs > RECHECK_AFTER_MS && !probe) await this.#requireOpen();
      return permit;
    } catch (error) {
      await this.unsent(permit);
      throw error;
    }
  }

  /** A pause may have begun since the turn was taken. */
  async #requireOpen(): Promise<void> {
    const state = await this.#currentState();
    if (this.#telling > 0 || state.outage !== undefined || this.#isPaused(state)) {
      throw new SitePausedError();
    }
  }

  #isPaused({ pausedForMs }: SiteState): boolean {
    return performance.now() < this.#readAtMs + pausedForMs;
  }

  async #currentState(): Promise<SiteState> {
    const ageMs = performance.now() - this.#readAtMs;
    const known = this.#state;
    if (known === undefined || ageMs > KNOWN_FOR_MS) return this.#read();
    if (ageMs <= READ_EVERY_MS) return known;
    // A pause may have been lifted since.
    if (known.outage !== undefined || this.#isPaused(known)) return this.#read();
    this.#readSoon();
    return known;
  }

  /** Reads once the request that is let through is on its way: it would wait for three others. */
  #readSoon(): void {
    if (this.#readsSoon) return;
    this.#readsSoon = true;
    setImmediate(() => {
      this.#readsSoon = false;
      // Requests go on with what was known; the next one that waits for it hears why it failed.
      this.#read().catch(() => {});
    });
  }

  async #read(): Promise<SiteState> {
    this.#reading ??= this.#readState();
    await this.#reading;
    if (this.#state === undefined) throw new SitePausedError();
    return this.#state;
  }

  async #readState(): Promise<void> {
    const changes = this.#changes;
    try {
      const state = await readSiteState(this.#deps.connection, this.#options.kind);
      // Read before Redis was told of something, it may know nothing of it.
      if (changes !== this.#changes) throw new SitePausedError();
      this.#state = state;
      this.#readAtMs = performance.now();
      // Another worker had an answer, or a person lifted the pause: this one cannot know which.
      this.#logOutage(state.outage?.reason, 'is asked again');
    } finally {
      if (changes === this.#changes) this.#reading = undefined;
    }
  }

  #forgetState(): void {
    this.#changes += 1;
    this.#state = undefined;
    this.#reading = undefined;
  }

  #siteText(): string {
    return `The site of ${kindOf(this.#options.kind).plural}`;
  }

  /** Says that an outage has begun, or is over, whichever worker has found that out. */
  #logOutage(why: string | undefined, over = 'answers again'): void {
    const isAway = why !== undefined;
    if (isAway === this.#saidAway) return;
    this.#saidAway = isAway;
    const { kind, site } = this.#options;
    if (isAway) {
      const sentence = `${this.#siteText()} does not answer (${why}): its queues pause until it does`;
      this.#deps.log.always(sentence, { kind, site, why });
      return;
    }
    const late = 'The job that asked it last comes back within a minute';
    this.#deps.log.info(`${this.#siteText()} ${over}: its queues go on. ${late}`, { kind, site });
  }
}

function givenUp({ reason, awayForMs }: Extract<Turn, { type: 'given-up' }>): SiteAwayError {
  const detail = `the site has not answered for ${Math.round(awayForMs / 1000)} s`;
  const failure = new JobFailure(isReason(reason) ? reason : 'connection', detail);
  return new SiteAwayError(failure, { awayForMs, nextProbeInMs: 0 });
}
