/** Runs Lua scripts in Redis, by their digest. */

import { createHash } from 'node:crypto';
import type { RedisConnection } from './connection.js';
import { KEYS } from './keys.js';

/** A script and the digest by which Redis knows it. */
export interface Script {
  readonly source: string;
  readonly digest: string;
}

/** Makes a script of its source. */
export function script(source: string): Script {
  return { source, digest: createHash('sha1').update(source).digest('hex') };
}

/** Runs a script with its keys and arguments; loads it where Redis does not know it yet. */
export async function runScript(
  connection: RedisConnection,
  { source, digest }: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  try {
    return await connection.evalsha(digest, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return connection.eval(source, keys.length, ...keys, ...args);
  }
}

const ASK = script('return redis.call(unpack(ARGV))');

/**
 * Sends a command that names no key to the node that holds ours: a cluster sends it to any node.
 * In a script a command may only read; `TIME` and `INFO` do.
 */
export async function askOwner(
  connection: RedisConnection,
  command: 'TIME' | 'INFO',
): Promise<unknown> {
  return connection.isCluster
    ? runScript(connection, ASK, [KEYS.runCounter], [command])
    : connection.call(command);
}
