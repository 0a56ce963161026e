/** The rights that a user of Redis needs, and which of them it lacks. */

import type { RedisConnection } from './connection.js';
import { KEYS, PREFIX } from './keys.js';
import type { ServerFinding } from './server-check.js';

const KEY = KEYS.probe;

/** Only until every command has been tried. */
const PROBE_LASTS_MS = 10_000;

/**
 * The commands that a session sends, BullMQ's scripts included, each with arguments by which it changes
 * nothing while {@link KEYS.probe} is a string: it then fails with WRONGTYPE, which Redis finds out after
 * it has looked at the user's rights.
 */
const COMMANDS: Readonly<Record<string, readonly (string | number)[]>> = {
  ping: [],
  hello: [],
  info: [],
  time: [],
  'client|setname': [''],
  wait: [0, 1],
  eval: ['return 1', 1, KEY],
  evalsha: ['0'.repeat(40), 1, KEY],
  exec: [],
  exists: [KEY],
  type: [KEY],
  rename: [KEY, KEY],
  pexpire: [KEY, PROBE_LASTS_MS],
  pttl: [KEY],
  get: [KEY],
  bitfield: [KEY, 'GET', 'u4', 0],
  hget: [KEY, 'f'],
  hmget: [KEY, 'f'],
  hgetall: [KEY],
  hdel: [KEY, 'f'],
  hexists: [KEY, 'f'],
  llen: [KEY],
  lpop: [KEY],
  rpop: [KEY],
  lrange: [KEY, 0, 0],
  lrem: [KEY, 1, 'v'],
  ltrim: [KEY, 0, 0],
  lindex: [KEY, 0],
  lpos: [KEY, 'v'],
  rpoplpush: [KEY, KEY],
  srem: [KEY, 'v'],
  scard: [KEY],
  smembers: [KEY],
  zrem: [KEY, 'v'],
  zcard: [KEY],
  zcount: [KEY, 0, 0],
  zscore: [KEY, 'v'],
  zrange: [KEY, 0, 0],
  zrevrange: [KEY, 0, 0],
  zrangebyscore: [KEY, 0, 0],
  zrevrangebyscore: [KEY, 0, 0],
  zremrangebyscore: [KEY, 0, 0],
  zremrangebyrank: [KEY, 0, 0],
  zpopmin: [KEY],
  bzpopmin: [KEY, 0.01],
  xtrim: [KEY, 'MAXLEN', 0],
  xrevrange: [KEY, '+', '-', 'COUNT', 1],
};

/** They would make a key where the probe is not there, so they are not tried before it is. */
const CREATING_COMMANDS: typeof COMMANDS = {
  incr: [KEY],
  hset: [KEY, 'f', 'v'],
  hsetnx: [KEY, 'f', 'v'],
  hmset: [KEY, 'f', 'v'],
  hincrby: [KEY, 'f', 1],
  hincrbyfloat: [KEY, 'f', 1],
  lpush: [KEY, 'v'],
  rpush: [KEY, 'v'],
  sadd: [KEY, 'v'],
  zadd: [KEY, 1, 'v'],
  xadd: [KEY, '*', 'f', 'v'],
};

const CLUSTER_COMMANDS: typeof COMMANDS = { 'cluster|slots': [], 'cluster|info': [] };

/** What cannot be tried without harm to the connection or to what is tried after it. */
const UNTRIED = ['set', 'del', 'multi', 'select', 'quit'];

/** The rules of an ACL user that may do what is needed and nothing else. */
export const ACL_RULES = [
  'resetchannels',
  `~${PREFIX}:*`,
  '-@all',
  ...allowing([...UNTRIED, ...Object.keys(COMMANDS), ...Object.keys(CREATING_COMMANDS)]),
].join(' ');

/** What it needs besides on the nodes of a cluster. */
export const ACL_RULES_OF_CLUSTER = allowing(Object.keys(CLUSTER_COMMANDS)).join(' ');

function allowing(commands: readonly string[]): string[] {
  return commands.toSorted().map((name) => `+${name}`);
}

/** Finds the commands that Redis denies our user. Nothing where it denies none. */
export async function checkRights(connection: RedisConnection): Promise<ServerFinding[]> {
  const denied: string[] = [];
  const tryOut = async (name: string, args: readonly (string | number)[]): Promise<void> => {
    const error = await refusal(connection, name, args);
    if (error !== undefined && /\bkeys?\b/.test(error))
      denied.push(`access to the keys ${PREFIX}:*`);
    else if (error !== undefined) denied.push(name.replace('|', ' '));
  };
  await tryOut('set', [KEY, '', 'PX', PROBE_LASTS_MS]);
  const tried = {
    ...COMMANDS,
    ...(denied.length === 0 ? CREATING_COMMANDS : {}),
    ...(connection.isCluster ? CLUSTER_COMMANDS : {}),
  };
  for (const [name, args] of Object.entries(tried)) await tryOut(name, args);
  await tryOut('del', [KEY]);
  if (!denied.includes('exec') && (await isTransactionDenied(connection))) denied.push('multi');
  if (denied.length === 0) return [];
  const what = [...new Set(denied)].join(', ');
  const text = `Redis denies the user of REDIS_URL what is needed: ${what}. Allow it with ACL SETUSER; docs/configuration.md has all that is needed`;
  return [{ about: 'rights', level: 'fail', text }];
}

/** The message of a denial; undefined for any other answer. */
async function refusal(
  connection: RedisConnection,
  name: string,
  args: readonly (string | number)[],
): Promise<string | undefined> {
  const [command = '', ...subcommand] = name.split('|');
  try {
    await connection.call(command, ...subcommand, ...args);
    return undefined;
  } catch (error) {
    return denialIn(error);
  }
}

/** Without its MULTI, the EXEC fails: that is the error of the whole. */
async function isTransactionDenied(connection: RedisConnection): Promise<boolean> {
  try {
    await connection.multi().exists(KEY).exec();
    return false;
  } catch (error) {
    if (error instanceof Error && error.message.includes('EXEC without MULTI')) return true;
    return denialIn(error) !== undefined;
  }
}

/** @throws the error where it is no reply of Redis's. */
function denialIn(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.name !== 'ReplyError') throw error;
  return error.message.startsWith('NOPERM') ? error.message : undefined;
}
