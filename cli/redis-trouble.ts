/** Trouble with Redis: what a person is told, and how long a command rides over it. */

import { CommandError, errorText, EXIT } from '../shared/base/errors.js';
import { type Attempt, wait } from '../shared/base/wait.js';
import type { Session } from './session.js';
import { noteWarning } from './terminal.js';

/** Longer than a failover or a restart takes. */
const RIDE_OVER_MS = 30_000;

/** Between two attempts; each takes up to a second itself until the client gives it up. */
const ATTEMPT_EVERY_MS = 500;

/** How ioredis and the system say that a server cannot be reached. */
const UNREACHABLE =
  /max retries per request|connection is closed|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|socket timeout|due to connection close|cluster redirections|slots cache|sentinels are unreachable/i;

/** Replies of a server that accepts no commands of ours, with what to do. */
const REFUSALS = [
  {
    reply: /^OOM /,
    text: 'Redis is full: give it more memory (maxmemory), or let workers empty it',
  },
  { reply: /^MISCONF /, text: 'Redis cannot write to its disk: free some space there' },
  { reply: /^READONLY /, text: 'Redis is a read-only replica: name the primary in REDIS_URL' },
  { reply: /^(NOAUTH|WRONGPASS|NOPERM) /, text: 'Redis denies access: correct REDIS_URL' },
  { reply: /^LOADING /, text: 'Redis is still loading its data: try again in a moment' },
  {
    reply: /^(MASTERDOWN|CLUSTERDOWN|NOREPLICAS|BUSY) /,
    text: 'Redis serves no requests at the moment: try again in a moment',
  },
] as const;

/**
 * Makes a function that repeats an attempt while Redis is in trouble, for at most 30 s or `limitMs`,
 * and says so once an outage. Attempts that share it share the time.
 *
 * It rejects with the error of the last attempt when the trouble lasts, with the reason of the session's
 * signal when that aborts, and with any other error of an attempt at once.
 */
export function rideOver(
  { terminal, signal }: Pick<Session, 'terminal' | 'signal'>,
  limitMs = Number.POSITIVE_INFINITY,
): Attempt {
  const rideOverMs = Math.min(limitMs, RIDE_OVER_MS);
  let sinceMs: number | undefined;
  let pause: Promise<void> | undefined;
  return async (attempt) => {
    while (true) {
      try {
        const result = await attempt();
        sinceMs = undefined;
        return result;
      } catch (error) {
        const trouble = asRedisTrouble(error);
        if (trouble === undefined) throw error;
        const nowMs = performance.now();
        if (sinceMs === undefined) {
          const text = `${trouble.message}. Trying again for ${Math.ceil(rideOverMs / 1000)} s`;
          noteWarning(text, terminal);
        }
        sinceMs ??= nowMs;
        if (nowMs - sinceMs >= rideOverMs) throw error;
        // One for all attempts under way: a listener each would be too many for the signal.
        pause ??= wait(ATTEMPT_EVERY_MS, signal).finally(() => (pause = undefined));
        await pause;
      }
    }
  };
}

/** The error to report where Redis caused it; undefined for any other cause. */
export function asRedisTrouble(error: unknown): CommandError | undefined {
  if (!(error instanceof Error)) return undefined;
  const text = errorText(error);
  const refusal = REFUSALS.find(({ reply }) => reply.test(text));
  if (refusal !== undefined) {
    return new CommandError(EXIT.unavailable, refusal.text, { cause: error });
  }
  return UNREACHABLE.test(text) && isOfRedis(error)
    ? new CommandError(EXIT.unavailable, 'Lost the connection to Redis: start it again', {
        cause: error,
      })
    : undefined;
}

/** Fetches fail with the same system errors: only those of the Redis client count. */
function isOfRedis(error: Error): boolean {
  return /ioredis|redis-parser|bullmq/.test(error.stack ?? '') || error.name.includes('Retries');
}
