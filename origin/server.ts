/** The stand-in as a service: a plain HTTP server, fast enough not to be what a benchmark measures. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { CommandError, errorText, EXIT, type Service } from '../shared/base/errors.js';
import { inventedCatalogue, recordedCatalogue } from './comics.js';
import { type Fault, parseFault } from './faults/table.js';
import { type OriginInput, type OriginOptions, parseOriginOptions } from './options.js';
import { createStandIn } from './site.js';

/** Ten thousand clients may connect at once; the kernel caps this at its own limit. */
const BACKLOG = 16_384;

/** As nginx: so long that a client which pauses rarely meets a connection about to close. */
const KEEP_ALIVE_MS = 75_000;

/** A local stand-in for the sites. */
export interface Origin extends Service {
  /** Its URL, without a slash at the end; throws before `start` has resolved. */
  readonly url: string;
  /** The number of its newest comic; throws before `start` has resolved. */
  readonly latest: number;
}

/**
 * Makes a stand-in; nothing listens before `start`.
 * @throws CommandError (usage) for options or faults that are wrong. `start` rejects with a CommandError
 * (noInput) for records that cannot be served, (portTaken) or (badConfig) when it cannot listen.
 */
export function createOrigin(input: OriginInput = {}): Origin {
  const options = parseOriginOptions(input);
  const faults = options.faults.map(parseFault);
  let running: Promise<Running> | undefined;
  let current: Running | undefined;
  const started = (): Running => {
    if (current === undefined) throw new Error('The origin has not been started');
    return current;
  };
  return {
    get url() {
      return started().url;
    },
    get latest() {
      return started().latest;
    },
    async start() {
      running ??= run(options, faults);
      try {
        current = await running;
      } catch (error) {
        running = undefined;
        throw error;
      }
    },
    async stop() {
      const ending = running;
      running = undefined;
      await (await ending?.catch(() => undefined))?.close();
      current = undefined;
    },
  };
}

interface Running {
  readonly url: string;
  readonly latest: number;
  close(): Promise<void>;
}

async function run(options: OriginOptions, faults: readonly Fault[]): Promise<Running> {
  const catalogue =
    options.recordsFile === undefined
      ? inventedCatalogue(options.latest)
      : await recordedCatalogue(options.recordsFile);
  const server = createServer(
    { keepAliveTimeout: KEEP_ALIVE_MS },
    createStandIn(options, catalogue, faults),
  );
  const sockets = trackSockets(server);
  const port = await listen(server, options);
  return {
    url: `http://${clientHost(options.host)}:${port}`,
    latest: catalogue.latest,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** The open connections, also those that a fault has taken from the server. */
function trackSockets(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}

function listen(server: Server, { host, port }: OriginOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException): void => {
      const taken = error.code === 'EADDRINUSE';
      const fact = taken
        ? 'the port is taken. Choose another, such as --port 4001, or --port 0 for any that is free'
        : errorText(error);
      reject(
        new CommandError(
          taken ? EXIT.portTaken : EXIT.badConfig,
          `Cannot serve the origin on ${host}:${port}: ${fact}`,
          { cause: error },
        ),
      );
    };
    server.once('error', refuse);
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.off('error', refuse);
      resolve(portOf(server.address()));
    });
  });
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('The origin has no port');
  return address.port;
}

/** The host by which a client on this machine reaches the listener. */
function clientHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
