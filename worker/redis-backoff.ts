/**
 * One backoff for every reply of Redis that is not about a job: read-only, out of memory, not
 * permitted, busy, without a primary. Without it a worker would repeat its commands as fast as they
 * are refused, which costs both of them a core.
 */

import type { Worker as BullWorker } from 'bullmq';
import { errorText } from '../shared/base/errors.js';
import type { RateLimitedLog } from '../shared/base/logger.js';
import { pauseFor } from '../shared/base/wait.js';
import { isRedisError } from '../shared/redis/connection.js';
import { redisErrorText } from '../shared/redis/refusal.js';

const FIRST_DELAY_MS = 200;
const DELAY_MAX_MS = 5000;

/** Trouble is over when no command was refused for this long. */
const OVER_AFTER_MS = 3 * DELAY_MAX_MS;

/** A full Redis still takes some commands: its trouble is told as over when none was refused for this long. */
const QUIET_MS = DELAY_MAX_MS;

/** Replies about the keys of one job, or of one queue: they stay the same however often one tries. */
const LASTING = /WRONGTYPE|user_script:\d+: attempt to/;

export class RedisBackoff {
  readonly #log: RateLimitedLog;
  /** When the trouble began; undefined since Redis last carried out what was to happen to a job. */
  #sinceMs: number | undefined;
  #newestMs = 0;
  /** The kinds of refusals that the log has told of since the trouble began; some come in turns. */
  readonly #told = new Set<string>();

  constructor(log: RateLimitedLog) {
    this.#log = log;
  }

  /**
   * Waits before a command is repeated that Redis refused: half to all of the time that this has
   * gone on. All that a worker does shares it, so that it grows with time and not with their number.
   *
   * @returns false as soon as the signal aborts
   */
  async wait(error: unknown, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    const nowMs = performance.now();
    if (this.#sinceMs === undefined || nowMs - this.#newestMs > OVER_AFTER_MS)
      this.#sinceMs = nowMs;
    this.#newestMs = nowMs;
    this.#tell(error);
    const fullMs = Math.min(Math.max(nowMs - this.#sinceMs, FIRST_DELAY_MS), DELAY_MAX_MS);
    return pauseFor(fullMs / 2 + (fullMs / 2) * Math.random(), signal);
  }

  /**
   * Makes a BullMQ worker wait. What is to happen to a job is tried until Redis carries it out or
   * the signal aborts, so that a job neither fails nor counts as stalled because Redis was in trouble.
   */
  guard({ backend }: BullWorker, signal: AbortSignal): void {
    const waitForJob = backend.waitForJob.bind(backend);
    const moveToActive = backend.moveToActive.bind(backend);
    const moveToCompleted = backend.moveToCompleted.bind(backend);
    const moveToFailed = backend.moveToFailed.bind(backend);
    const moveToDelayed = backend.moveToDelayed.bind(backend);
    const moveToWait = backend.moveJobFromActiveToWait.bind(backend);
    // BullMQ itself repeats these two, soon or at once.
    backend.waitForJob = (...args) => this.#once(() => waitForJob(...args), signal);
    backend.moveToActive = (...args) => this.#once(() => moveToActive(...args), signal);
    const persistently = <T>(command: () => Promise<T>) => this.persist(command, signal);
    backend.moveToCompleted = (...args) => persistently(() => moveToCompleted(...args));
    backend.moveToFailed = (...args) => persistently(() => moveToFailed(...args));
    backend.moveToDelayed = (...args) => persistently(() => moveToDelayed(...args));
    backend.moveJobFromActiveToWait = (...args) => persistently(() => moveToWait(...args));
  }

  #tell(error: unknown): void {
    const code = errorText(error).split(' ', 1)[0] ?? '';
    if (this.#told.has(code)) return;
    this.#told.add(code);
    const text = `Redis refuses commands, which are repeated until it takes them. ${redisErrorText(error)}`;
    this.#log.always(text, {});
  }

  #tellEnd(): void {
    this.#sinceMs = undefined;
    if (this.#told.size === 0 || performance.now() - this.#newestMs < QUIET_MS) return;
    this.#told.clear();
    this.#log.info('Redis takes commands again', {});
  }

  async #once<T>(command: () => Promise<T>, signal: AbortSignal): Promise<T> {
    try {
      return await command();
    } catch (error) {
      if (isRedisError(error)) await this.wait(error, signal);
      throw error;
    }
  }

  /**
   * Tries a command until Redis carries it out. Rejects with its error once the signal aborts, and where
   * the error is not Redis's, or would stay the same.
   */
  async persist<T>(command: () => Promise<T>, signal: AbortSignal): Promise<T> {
    while (true) {
      try {
        const result = await this.#once(command, signal);
        this.#tellEnd();
        return result;
      } catch (error) {
        if (signal.aborted || !isRedisError(error) || LASTING.test(error.message)) throw error;
      }
    }
  }
}
