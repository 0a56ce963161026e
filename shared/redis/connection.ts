/** Connections to Redis: how they are opened, checked, and closed. */

import { once } from 'node:events';
import { createRequire } from 'node:module';
import { connect as connectTo, type Socket } from 'node:net';
import { connect as connectSecurelyTo } from 'node:tls';
import type * as IORedis from 'ioredis';
import { CommandError, errorCode, errorText, EXIT } from '../base/errors.js';
import { shortSocketPath } from '../base/unix-socket.js';
import { withDeadline } from '../base/wait.js';
import { type Certificates, describeAddress, type RedisAddress } from './address.js';
import { connectionRefusalOf } from './refusal.js';

export type RedisConnection = IORedis.Redis | IORedis.Cluster;

/** A command that cannot reach Redis says so within this time. */
const REACH_DEADLINE_MS = 2500;

const CONNECT_TIMEOUT_MS = 2000;

/** A server that is loading its data, or that turns connections away, says so at once. */
const INFO_DEADLINE_MS = 500;
const GREETING_DEADLINE_MS = 300;

/**
 * A connection that has been silent this long with a command under way is dead: without it, a
 * network cut is noticed only after the kernel's 15 minutes. It exceeds BullMQ's longest blocking
 * wait (10 s), which is silent too.
 */
const SOCKET_TIMEOUT_MS = 13_000;

const RECONNECT_DELAY_MAX_MS = 1000;

/**
 * A command on a cluster ends after so many tries, however long each takes; the default of 16 is over
 * 1.6 s after a primary has died, before its replica can have taken over. A million last two days.
 */
const CLUSTER_PATIENCE = {
  maxRedirections: 1_000_000,
  retryDelayOnFailover: 200,
  retryDelayOnClusterDown: 200,
  retryDelayOnTryAgain: 200,
  // Two nodes that send a command to each other must not keep a core busy.
  retryDelayOnMoved: 20,
} as const;

export interface ConnectionUse {
  /** Shown by CLIENT LIST. */
  readonly name?: string;
  /**
   * `wait`: commands wait through an outage, as workers need. `fail`: they are given up after a
   * few seconds, as a person's command needs.
   */
  readonly whenDown: 'wait' | 'fail';
}

/**
 * Opens a connection without waiting for it. Errors go to `onError`; ioredis reconnects by itself.
 *
 * @throws CommandError (unavailable) where the path of a socket is too long to be tried and leads nowhere.
 */
export function openConnection(
  address: RedisAddress,
  use: ConnectionUse,
  onError: (error: Error) => void,
): RedisConnection {
  const connection = connect(address, connectionOptions(use), use);
  connection.on('error', (error: Error) => {
    // ioredis would go on in database 0.
    if (isSelectRefusal(error)) connection.disconnect(true);
    onError(error);
  });
  return connection;
}

/**
 * Waits until Redis answers.
 *
 * @throws CommandError (unavailable) within three seconds when it does not, or refuses us; (bad
 * configuration) when it refuses the database.
 */
export async function requireRedis(
  connection: RedisConnection,
  address: RedisAddress,
): Promise<void> {
  let lastError: Error | undefined;
  const remember = (error: Error): void => {
    // One that says why counts more than the end of a connection which was refused as well.
    const isToldWhy = connectionRefusalOf(lastError) !== undefined;
    if (!isToldWhy || connectionRefusalOf(error) !== undefined) lastError = error;
  };
  connection.on('error', remember);
  try {
    await withDeadline(connection.ping(), REACH_DEADLINE_MS, () => new Error('no answer'));
  } catch (error) {
    if (isSelectRefusal(lastError)) throw cannotUseDatabase(address, lastError);
    const cause = lastError ?? error;
    if (await saysThatItLoads(connection))
      throw cannotReach(address, new Error(LOADING, { cause }));
    throw cannotReach(address, (await greetingOf(address, cause)) ?? cause);
  } finally {
    connection.off('error', remember);
  }
}

const LOADING = 'LOADING';

/** Whether a server is loading its data: ioredis then holds back what is asked of it, without an error. */
async function saysThatItLoads(connection: RedisConnection): Promise<boolean> {
  if (connection.status !== 'connect') return false;
  const info = connection.info('persistence');
  return withDeadline(info, INFO_DEADLINE_MS, () => new Error('no answer')).then(
    (text) => text.includes('loading:1'),
    () => false,
  );
}

/**
 * What a server said before it closed a connection on which nothing was asked, as one does that has too
 * many clients or, with TLS, wants a certificate of ours: ioredis has written by then, and meets the
 * closed connection instead of the words.
 */
async function greetingOf(address: RedisAddress, cause: unknown): Promise<Error | undefined> {
  if (!isClosing(cause) || (address.type !== 'single' && address.type !== 'socket'))
    return undefined;
  const socket = openSocket(address);
  try {
    const said = once(socket, 'data').then(([bytes]) => String(bytes));
    const words = await withDeadline(said, GREETING_DEADLINE_MS, () => new Error('silent'));
    return words.startsWith('-') ? new Error(words.slice(1).trim(), { cause }) : undefined;
  } catch (error) {
    // A refusal of TLS is an error of the connection.
    const isRefusal = error instanceof Error && connectionRefusalOf(error) !== undefined;
    return isRefusal ? error : undefined;
  } finally {
    socket.on('error', () => {}).destroy();
  }
}

function openSocket(address: RedisAddress & { readonly type: 'single' | 'socket' }): Socket {
  if (address.type === 'socket') return connectTo({ path: socketPath(address) });
  const { host, port, tls, certificates } = address;
  return tls ? connectSecurelyTo({ host, port, ...certificates }) : connectTo({ host, port });
}

/** Whether an error is the end of a connection that had been there. */
function isClosing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const isEnd = ['EPIPE', 'ECONNRESET'].includes(errorCode(error) ?? '');
  return isEnd || error.name === 'MaxRetriesPerRequestError';
}

function cannotReach(address: RedisAddress, cause: unknown): CommandError {
  const refusal = connectionRefusalOf(cause);
  const where = describeAddress(address);
  const text =
    refusal === undefined
      ? `Cannot reach Redis at ${where}: ${unreachableText(cause, address)}`
      : `Cannot use Redis at ${where}: it ${refusal.fact}. ${sentence(refusal.remedy)}`;
  return new CommandError(EXIT.unavailable, text, { cause });
}

function unreachableText(cause: unknown, { tls }: RedisAddress): string {
  const isClosed = isClosing(cause);
  const fact = isClosed
    ? 'it closes each connection'
    : errorText(cause)
        .replace(/ Retrying from scratch after \d+ms\./, '')
        .replace(/\.$/, '');
  // A server that does not speak TLS waits for the rest of a line, and one that does closes.
  const hint = tls
    ? ', which begins with redis where Redis does not speak TLS'
    : ', which begins with rediss where Redis speaks TLS';
  return `${fact}. Start it, or correct REDIS_URL${tls || isClosed ? hint : ''}`;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function cannotUseDatabase(address: RedisAddress, cause: Error): CommandError {
  return new CommandError(
    EXIT.badConfig,
    `Cannot use the database that REDIS_URL names, at ${describeAddress(address)}: ${errorText(cause)}. Correct its number, or let the user SELECT`,
    { cause },
  );
}

/** Whether an error is the reply to the SELECT that ioredis sends when it has connected. */
function isSelectRefusal(error: unknown): error is Error {
  const command: unknown = error instanceof Error && 'command' in error ? error.command : undefined;
  return (
    typeof command === 'object' &&
    command !== null &&
    'name' in command &&
    command.name === 'select'
  );
}

/** Closes a connection: politely if Redis answers, otherwise at once. */
export async function closeConnection(connection: RedisConnection): Promise<void> {
  try {
    await withDeadline(connection.quit(), 500, () => new Error('no answer'));
  } catch {
    // Redis does not answer.
  } finally {
    // Also ends the connections to sentinels, which QUIT does not reach.
    connection.disconnect();
  }
}

interface LoginOptions {
  readonly username?: string;
  readonly password?: string;
  readonly tls?: Certificates;
}

interface CommonOptions {
  readonly connectTimeout: number;
  readonly socketTimeout: number;
  readonly keepAlive: number;
  readonly maxRetriesPerRequest: number | null;
  readonly retryStrategy: (attempt: number) => number;
  readonly connectionName?: string;
}

function connect(
  address: RedisAddress,
  options: CommonOptions,
  { whenDown }: ConnectionUse,
): RedisConnection {
  const { Redis, Cluster } = ioredis();
  const login = loginOptions(address);
  switch (address.type) {
    case 'socket':
      return new Redis({ ...options, ...login, path: socketPath(address), db: address.db });
    case 'single':
      return new Redis({
        ...options,
        ...login,
        host: address.host,
        port: address.port,
        db: address.db,
      });
    case 'sentinel':
      return new Redis({
        ...options,
        ...login,
        sentinels: [...address.sentinels],
        name: address.master,
        db: address.db,
        sentinelUsername: address.sentinelUsername,
        sentinelPassword: address.sentinelPassword,
        // Learns of a new primary from the sentinels, not from the silence of the old one.
        failoverDetector: whenDown === 'wait',
        ...(login.tls === undefined
          ? {}
          : { enableTLSForSentinelMode: true, sentinelTLS: login.tls }),
      });
    case 'cluster':
      return new Cluster([...address.nodes], {
        redisOptions: { ...options, ...login },
        ...(whenDown === 'wait' ? CLUSTER_PATIENCE : {}),
        // The names stay: certificates are made out to them.
        ...(address.tls ? { dnsLookup: (name, callback) => callback(null, name) } : {}),
      });
  }
}

function socketPath(address: RedisAddress & { readonly type: 'socket' }): string {
  try {
    return shortSocketPath(address.path);
  } catch (error) {
    throw cannotReach(address, error);
  }
}

function loginOptions({ username, password, tls, certificates }: RedisAddress): LoginOptions {
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls ? { tls: { ...certificates } } : {}),
  };
}

function connectionOptions(use: ConnectionUse): CommonOptions {
  return {
    connectTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    keepAlive: 5000,
    maxRetriesPerRequest: use.whenDown === 'wait' ? null : 3,
    retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 10), RECONNECT_DELAY_MAX_MS),
    ...(use.name === undefined ? {} : { connectionName: use.name }),
  };
}

/** Names of the errors of ioredis and its parser. A DOMException has the name `AbortError`, too. */
const ERROR_NAMES: ReadonlySet<string> = new Set([
  'ReplyError',
  'ParserError',
  'InterruptError',
  'MaxRetriesPerRequestError',
  'ClusterAllFailedError',
]);

/** Whether an error is Redis's or its connection's: a reply, or a command that got none. */
export function isRedisError(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return ERROR_NAMES.has(error.name) || /node_modules\/(ioredis|redis-)/.test(error.stack ?? '');
}

let loaded: typeof IORedis | undefined;

/** What the package exports, loaded at the first call, and without an import's search for names (see `bullmq`). */
function ioredis(): typeof IORedis {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- A package is what its types describe.
  loaded ??= createRequire(import.meta.url)('ioredis') as typeof IORedis;
  return loaded;
}
