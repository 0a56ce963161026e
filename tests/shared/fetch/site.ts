/** Real sites on loopback for the tests of fetching: a well-behaved one, and one that sends raw bytes. */

import { createServer, type RequestListener } from 'node:http';
import {
  createServer as createRawServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net';
import { onTestFinished } from 'vitest';
import { createFetcher, type Fetcher, type FetcherOptions } from '../../../shared/fetch/fetcher.js';

export interface Site {
  readonly origin: string;
  /** How many requests (or, of a raw site, connections) it has seen. */
  readonly requestCount: () => number;
}

/** An HTTP server; it is gone when the test is over. */
export async function serve(listener: RequestListener, host = '127.0.0.1'): Promise<Site> {
  let count = 0;
  const server = createServer((request, response) => {
    count += 1;
    listener(request, response);
  });
  onTestFinished(() => server.closeAllConnections());
  return { origin: await listen(server, host), requestCount: () => count };
}

/** A TCP server that calls `onRequest` at the first bytes of each connection. */
export async function serveRaw(onRequest: (socket: Socket) => void): Promise<Site> {
  let count = 0;
  const sockets = new Set<Socket>();
  const server = createRawServer((socket) => {
    count += 1;
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('data', () => onRequest(socket));
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  return { origin: await listen(server), requestCount: () => count };
}

/** A fetcher that is closed when the test is over. */
export function fetcher(options: Partial<FetcherOptions> = {}): Fetcher {
  const made = createFetcher({
    userAgent: 'comic-queue-test (+https://example.org)',
    connectionsMax: 50,
    ...options,
  });
  onTestFinished(() => made.close());
  return made;
}

/** A signal that never aborts. */
export const NEVER = new AbortController().signal;

async function listen(server: Server, host = '127.0.0.1'): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
