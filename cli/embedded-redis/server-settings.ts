/** How the embedded redis-server runs: its configuration file. */

import type { ServerBinary } from './server-binary.js';
import { PID_FILE } from './server-search.js';

/** The file in the server's working directory. */
export const SETTINGS_FILE = 'redis.conf';
/** The server's log; the keeper turns it over when it has grown. */
export const SERVER_LOG_FILE = 'server.log';

/**
 * The text of the configuration file. All paths but the socket's are relative to the working
 * directory, so that no name of a data directory needs quoting.
 */
export function serverSettings(binary: ServerBinary, socketPath: string): string {
  // Up to 512 bytes a field, hashes stay compact: a job takes 420 bytes instead of 770 (measured).
  const compactHash = binary.major >= 7 ? 'hash-max-listpack-value' : 'hash-max-ziplist-value';
  return [
    '# Written anew at each start by comic-queue.',
    'port 0',
    `unixsocket ${socketPath}`,
    'unixsocketperm 700',
    'daemonize no',
    'supervised no',
    `pidfile ${PID_FILE}`,
    `logfile ${SERVER_LOG_FILE}`,
    'appendonly yes',
    'appendfsync everysec',
    'save ""',
    'maxmemory-policy noeviction',
    `${compactHash} 512`,
    '',
  ].join('\n');
}
