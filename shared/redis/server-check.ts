/** Whether a Redis keeps what it is given: its version, role, eviction policy and append-only file. */

import { errorText } from '../base/errors.js';
import type { RedisConnection } from './connection.js';
import { askOwner } from './script.js';

/** BullMQ needs 6.2 for moving list items atomically. */
const VERSION_MIN = [6, 2] as const;

/**
 * `fail`: jobs would be lost or could not be worked. `warn`: jobs may be lost under a condition
 * that a person should know.
 */
export type FindingLevel = 'ok' | 'warn' | 'fail';

export interface ServerFinding {
  readonly about:
    'version' | 'role' | 'eviction' | 'memory' | 'persistence' | 'replication' | 'rights';
  readonly level: FindingLevel;
  /** What was found and, where it is not well, what to do. */
  readonly text: string;
}

/**
 * Asks a server about itself, of a cluster the node that holds our keys. A server that does not tell
 * gets a warning.
 */
export async function checkServer(connection: RedisConnection): Promise<ServerFinding[]> {
  try {
    return findingsOf(parseInfo(String(await askOwner(connection, 'INFO'))));
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
  return info['redis_mode'] === 'sentinel'
    ? [SENTINEL]
    : [version(info), ...role(info), eviction(info), ...memory(info), persistence(info)];
}

/** Whether Redis has no memory left: it takes no jobs, and hears no worker. */
export async function isRedisFull(connection: RedisConnection): Promise<boolean> {
  return isFull(parseInfo(String(await askOwner(connection, 'INFO'))));
}

function isFull(info: Info): boolean {
  const most = Number(info['maxmemory'] ?? 0);
  return most > 0 && Number(info['used_memory'] ?? 0) >= most;
}

/** Nothing of a server that has memory left. */
function memory(info: Info): ServerFinding[] {
  if (!isFull(info)) return [];
  const text = `Redis is full (maxmemory ${info['maxmemory']}), and takes no jobs: give it more memory`;
  return [{ about: 'memory', level: 'warn', text }];
}

const SENTINEL: ServerFinding = {
  about: 'role',
  level: 'fail',
  text: 'What REDIS_URL names is a sentinel, which takes no jobs: write it as redis+sentinel://host:26379/master-name',
};

function version(info: Info): ServerFinding {
  // Valkey calls itself Redis 7.2.4 in `redis_version`, for the clients of Redis.
  const valkey = info['valkey_version'];
  const number = info['redis_version'] ?? '';
  const text =
    valkey === undefined ? `Redis ${number || 'of an unknown version'}` : `Valkey ${valkey}`;
  const [major = 0, minor = 0] = number.split('.').map(Number);
  const [majorMin, minorMin] = VERSION_MIN;
  const enough = major > majorMin || (major === majorMin && minor >= minorMin);
  return enough
    ? { about: 'version', level: 'ok', text }
    : {
        about: 'version',
        level: 'fail',
        text: `${text} is too old: use ${majorMin}.${minorMin} or newer`,
      };
}

/** Nothing of a primary: that is what a server is meant to be. */
function role(info: Info): ServerFinding[] {
  if (info['role'] !== 'slave') return [];
  const text =
    'Redis is a replica: it can be read, and takes no jobs. Name its primary in REDIS_URL, or its sentinels';
  return [{ about: 'role', level: 'warn', text }];
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
