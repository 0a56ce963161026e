/** Lua scripts, sent once and called by their digest. */

import { createHash } from 'node:crypto';
import type { RedisConnection } from './connection.js';

export interface Script {
  readonly source: string;
  readonly digest: string;
}

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
