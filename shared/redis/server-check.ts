/** Whether a Redis will keep what it is given: its version, its eviction policy, its append-only file. */

import { errorText } from '../base/errors.js';
import type { RedisConnection } from './connection.js';

/** BullMQ needs 6.2 for moving list items atomically. */
const VERSION_MIN = [6, 2] as const;

/**
 * `fail`: jobs would be lost or could not be worked. `warn`: jobs may be lost under a condition
 * that a person should know.
 */
export type FindingLevel = 'ok' | 'warn' | 'fail';

export interface ServerFinding {
  readonly about: 'version' | 'eviction' | 'persistence';
  readonly level: FindingLevel;
  /** What was found and, where it is not well, what to do. */
  readonly text: string;
}

/** Asks a server about itself; one round trip. A server that does not tell gets a warning. */
export async function checkServer(connection: RedisConnection): Promise<ServerFinding[]> {
  try {
    return findingsOf(parseInfo(await connection.info()));
  } catch (error) {
    const text = `Redis does not tell about itself (${errorText(error)}); cannot check its settings`;
    return [{ about: 'version', level: 'warn', text }];
  }
}

type Info = Readonly<Record<string, string>>;

/** The `field:value` lines of INFO. */
export function parseInfo(text: string): Info {
  const entries = text.split(/\r?\n/).flatMap((line) => {
    const colon = line.indexOf(':');
    return colon < 1 || line.startsWith('#')
      ? []
      : [[line.slice(0, colon), line.slice(colon + 1)] as const];
  });
  return Object.fromEntries(entries);
}

/** Judges what a server said of itself. */
export function findingsOf(info: Info): ServerFinding[] {
  return [version(info), eviction(info), persistence(info)];
}

function version(info: Info): ServerFinding {
  // Valkey calls itself 7.2.4 in `redis_version`, for the clients of Redis.
  const text = info['redis_version'] ?? '';
  const [major = 0, minor = 0] = text.split('.').map(Number);
  const [majorMin, minorMin] = VERSION_MIN;
  const enough = major > majorMin || (major === majorMin && minor >= minorMin);
  return enough
    ? { about: 'version', level: 'ok', text: `Redis ${text}` }
    : {
        about: 'version',
        level: 'fail',
        text: `Redis ${text || 'of an unknown version'} is too old: use ${majorMin}.${minorMin} or newer`,
      };
}

function eviction(info: Info): ServerFinding {
  const policy = info['maxmemory_policy'] ?? 'noeviction';
  if (policy === 'noeviction')
    return { about: 'eviction', level: 'ok', text: 'nothing is evicted' };
  const advice = 'run CONFIG SET maxmemory-policy noeviction';
  return Number(info['maxmemory'] ?? 0) > 0
    ? {
        about: 'eviction',
        level: 'fail',
        text: `Redis throws out keys when its memory is full (maxmemory-policy ${policy}), jobs among them: ${advice}`,
      }
    : {
        about: 'eviction',
        level: 'warn',
        text: `Redis would throw out keys if maxmemory were set (maxmemory-policy ${policy}): ${advice}`,
      };
}

function persistence(info: Info): ServerFinding {
  return info['aof_enabled'] === '1'
    ? { about: 'persistence', level: 'ok', text: 'append-only file is on' }
    : {
        about: 'persistence',
        level: 'warn',
        text: 'Redis has no append-only file, its restart may lose jobs: run CONFIG SET appendonly yes',
      };
}
