/** Checks once a second whether Redis answers, so that no page has to find out by waiting. */

import { errorText, type Service } from '../../shared/base/errors.js';
import type { Logger } from '../../shared/base/logger.js';
import { pauseFor, withDeadline } from '../../shared/base/wait.js';
import { redisTime } from '../../shared/redis/clock.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { AnswerError } from '../problem.js';

const ASK_EVERY_MS = 1000;

/** A page answers within two seconds, whatever Redis does. */
const REDIS_DEADLINE_MS = 1500;

export interface RedisWatch extends Service {
  /** Undefined while Redis answers, else since when it does not (local clock, milliseconds). */
  downSinceMs(): number | undefined;
  /**
   * Runs a piece of work with Redis for at most {@link REDIS_DEADLINE_MS}. While Redis is known to be
   * away it is not even started: commands must not pile up.
   *
   * @throws AnswerError (503) when Redis does not answer.
   */
  reach<T>(work: () => Promise<T>): Promise<T>;
}

export function createRedisWatch(connection: RedisConnection, logger: Logger): RedisWatch {
  let downSinceMs: number | undefined;
  let stopping: AbortController | undefined;
  let watching: Promise<void> | undefined;

  const note = (failure: unknown): void => {
    if (failure === undefined && downSinceMs !== undefined) {
      logger.info('Redis answers again');
      downSinceMs = undefined;
    } else if (failure !== undefined && downSinceMs === undefined) {
      logger.warn({ error: errorText(failure) }, 'Redis does not answer');
      downSinceMs = Date.now();
    }
  };
  const ask = async (): Promise<void> => {
    try {
      await withDeadline(redisTime(connection), REDIS_DEADLINE_MS, () => new Error('no answer'));
      note(undefined);
    } catch (error) {
      note(error);
    }
  };
  const watch = async (signal: AbortSignal): Promise<void> => {
    do await ask();
    while (await pauseFor(ASK_EVERY_MS, signal));
  };

  return {
    downSinceMs: () => downSinceMs,
    async reach(work) {
      if (downSinceMs !== undefined) throw unreachable();
      return withDeadline(work(), REDIS_DEADLINE_MS, unreachable);
    },
    async start() {
      if (watching !== undefined) return;
      stopping = new AbortController();
      watching = watch(stopping.signal);
    },
    async stop() {
      stopping?.abort();
      await watching;
      watching = undefined;
    },
  };
}

function unreachable(): AnswerError {
  return new AnswerError(503, 'Redis does not answer; the board goes on by itself when it does');
}
