/**
 * A real redis-server for this machine, shared by the commands on one data directory and shut down
 * after the last one. Whatever was acknowledged is there again the next time.
 */

import { pauseFor } from '../../shared/base/wait.js';
import { CommandError, EXIT } from '../../shared/base/errors.js';
import { type DataDirectory, prepareDataDirectory } from './data-directory.js';
import { connectKeeper, type KeeperConnection } from './keeper-connection.js';

/** Pauses between attempts to find a keeper again, in the background. */
const RETRY_DELAY_MS = 250;
const RETRY_DELAY_MS_MAX = 10_000;

export interface EmbeddedRedisOptions {
  /** Created when missing. */
  readonly dataDir: string;
  /** Receives a line, without its end, when something is installed. */
  readonly announce: (line: string) => void;
  /** Ends the waiting for the server; an open Redis is not touched by it. */
  readonly signal: AbortSignal;
}

export interface EmbeddedRedis {
  /** For ioredis: `new Redis(socketPath)`. Stays the same when the server is started again. */
  readonly socketPath: string;
  /** The same as a URL for REDIS_URL: `unix:///path`. */
  readonly url: string;
  /**
   * Says that this command needs the server no more. Repeating it is harmless; a process that ends
   * without it is noticed as well.
   */
  close(): Promise<void>;
}

/**
 * Resolves when the server of the data directory answers: one that runs already, or a new one.
 * Until `close` it is kept running, also when its keeper or the server itself is killed.
 * @throws CommandError 73 when the data directory cannot be written, 69 when no server can be had.
 */
export async function openEmbeddedRedis(options: EmbeddedRedisOptions): Promise<EmbeddedRedis> {
  if (process.platform === 'win32') {
    throw new CommandError(
      EXIT.unavailable,
      'Cannot run the embedded Redis on Windows. Use WSL, or set REDIS_URL.',
    );
  }
  const directory = await prepareDataDirectory(options.dataDir);
  const connection = await connectKeeper(directory, options.announce, options.signal);
  const closing = new AbortController();
  void stayConnected(directory, connection, closing.signal);
  return {
    socketPath: connection.socketPath,
    url: `unix://${connection.socketPath}`,
    close: async () => closing.abort(),
  };
}

/** Holds a connection to a keeper until the signal; a keeper that was killed is replaced. */
async function stayConnected(
  directory: DataDirectory,
  first: KeeperConnection,
  signal: AbortSignal,
): Promise<void> {
  let connection: KeeperConnection | undefined = first;
  let delayMs = RETRY_DELAY_MS;
  while (!signal.aborted) {
    if (connection !== undefined) {
      await closed(connection, signal);
      delayMs = RETRY_DELAY_MS;
    } else if (await pauseFor(delayMs, signal)) {
      delayMs = Math.min(delayMs * 2, RETRY_DELAY_MS_MAX);
    }
    if (signal.aborted) return;
    connection = await connectKeeper(directory, () => undefined, signal).catch(() => undefined);
  }
}

/** Resolves when the connection has ended; the signal ends it. */
function closed({ control }: KeeperConnection, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const onAbort = (): void => void control.destroy();
    signal.addEventListener('abort', onAbort, { once: true });
    control.once('close', () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    if (signal.aborted || control.destroyed) {
      control.destroy();
      resolve();
    }
  });
}
