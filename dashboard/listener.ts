/** The HTTP server, with limits that keep slow and silent clients from filling it. */

import { createServer, type RequestListener, type Server } from 'node:http';
import { Router } from 'express';
import { CommandError, errorText, EXIT } from '../shared/base/errors.js';
import type { RedisWatch } from './live/redis-watch.js';

/** A client that has not sent its headers by then is cut off, a silent one included. */
const HEADERS_TIMEOUT_MS = 5000;
const REQUEST_TIMEOUT_MS = 10_000;

/** Pages ask every second or more often: their connections stay open in between. */
const KEEP_ALIVE_MS = 10_000;

const CHECK_EVERY_MS = 1000;

/** Thousands may connect at once; the kernel caps this at its own limit. */
const BACKLOG = 4096;

/** Enough for any browser: the board sets no cookies. */
const HEADERS_BYTES_MAX = 8192;

const PORT_TAKEN =
  'the port is taken. Choose another, such as --port 3001, or --port 0 for any that is free';

export interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Listens on an address.
 * @throws CommandError (portTaken), or (badConfig) where the address cannot be listened on.
 */
export async function listen(
  handler: RequestListener,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Listener> {
  const server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: CHECK_EVERY_MS,
      maxHeaderSize: HEADERS_BYTES_MAX,
    },
    handler,
  );
  await bind(server, host, port);
  return { port: portOf(server), close: () => close(server) };
}

/**
 * Checks that an address can be listened on, before what takes longer is begun.
 * @throws CommandError as {@link listen}.
 */
export async function requireFreePort({
  host,
  port,
}: {
  readonly host: string;
  readonly port: number;
}): Promise<void> {
  const server = createServer();
  await bind(server, host, port);
  await close(server);
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(refusal(error, host, port)));
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

const LISTEN_ERRORS: Readonly<Record<string, string>> = {
  EADDRNOTAVAIL:
    'this machine has no such address. Give one of its own with --host, such as 127.0.0.1',
  EACCES: 'this user may not listen there. Choose a port from 1024 on, such as --port 3000',
};

function refusal(error: NodeJS.ErrnoException, host: string, port: number): CommandError {
  const taken = error.code === 'EADDRINUSE';
  const fact = taken ? PORT_TAKEN : (LISTEN_ERRORS[error.code ?? ''] ?? errorText(error));
  return new CommandError(
    taken ? EXIT.portTaken : EXIT.badConfig,
    `Cannot serve the board on ${host}:${port}: ${fact}`,
    { cause: error },
  );
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The board has no port');
  return address.port;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** `/healthz`: this process answers. `/readyz`: Redis answers too, else 503. */
export function probes(watch: RedisWatch): Router {
  const router = Router();
  router.get('/healthz', (_request, response) => {
    response.type('text').send('ok\n');
  });
  router.get('/readyz', (_request, response) => {
    const ready = watch.downSinceMs() === undefined;
    response
      .status(ready ? 200 : 503)
      .type('text')
      .send(ready ? 'ok\n' : 'Redis does not answer\n');
  });
  return router;
}
