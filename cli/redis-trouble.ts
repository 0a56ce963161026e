/** Errors of Redis as a person may meet them in the middle of a command. */

import { CommandError, errorText, EXIT } from '../shared/base/errors.js';

/** How ioredis and the system say that a server cannot be reached. */
const UNREACHABLE =
  /max retries per request|connection is closed|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|socket timeout/i;

/** Replies of a server that takes no more writes, with what to do. */
const REFUSALS = [
  {
    reply: /^OOM /,
    text: 'Redis is full: give it more memory (maxmemory), or let workers empty it',
  },
  { reply: /^MISCONF /, text: 'Redis cannot write to its disk: make room there' },
  { reply: /^READONLY /, text: 'Redis is a read-only replica: name the primary in REDIS_URL' },
  { reply: /^(NOAUTH|WRONGPASS|NOPERM) /, text: 'Redis does not let us in: correct REDIS_URL' },
  { reply: /^LOADING /, text: 'Redis is still loading its data: try again in a moment' },
] as const;

/** The error for the person, if Redis is to blame; undefined where something else is. */
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

/** Fetches fail with the same system errors; only those of the Redis client are meant. */
function isOfRedis(error: Error): boolean {
  return /ioredis|redis-parser|bullmq/.test(error.stack ?? '') || error.name.includes('Retries');
}
