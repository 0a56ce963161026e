/** The connections of one fetcher. */

import {
  Agent as HttpAgent,
  request as requestHttp,
  type ClientRequest,
  type RequestOptions,
} from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { ACCEPT_ENCODING } from './content-coding.js';
import { type FetchLimits } from './limits.js';
import { createLookup } from './lookup.js';

export interface ConnectionsOptions {
  readonly userAgent: string;
  readonly connectionsMax: number;
  readonly limits: FetchLimits;
}

export interface Connections {
  /** Makes a request for `url` over one of the connections; to be ended by the caller. */
  request(url: URL): ClientRequest;
  /** Closes all of them, those in use included. */
  close(): void;
}

/** Under the 60 s after which many routers and servers forget an idle connection. */
const IDLE_MS_MAX = 30_000;

/**
 * One keep-alive agent per protocol, and nothing between them and the exchange: no client retries,
 * follows, decodes or judges behind its back. Such a client costs more than all else of a request
 * (see the README's table of dependencies).
 */
export function createConnections(options: ConnectionsOptions): Connections {
  const agents = createAgents(options);
  return {
    request: (url) => requestThrough(agents, url, options),
    close: () => closeAll(agents),
  };
}

interface Agents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

function createAgents({ connectionsMax, limits }: ConnectionsOptions): Agents {
  const options = {
    keepAlive: true,
    maxSockets: connectionsMax,
    maxFreeSockets: connectionsMax,
    // The connection used last is the least likely to have died, and the others may time out.
    scheduling: 'lifo',
    // Without one, Node would ignore the time that a site announces in its Keep-Alive field.
    timeout: IDLE_MS_MAX,
    lookup: createLookup(limits.lookupMs),
    // Explicit, because NODE_TLS_REJECT_UNAUTHORIZED=0 would otherwise turn it off.
    rejectUnauthorized: true,
  } as const;
  return { http: new HttpAgent(options), https: new HttpsAgent(options) };
}

/** What never changes is on the agents: Node copies the options of a request three times. */
function requestThrough(
  agents: Agents,
  url: URL,
  { userAgent, limits }: ConnectionsOptions,
): ClientRequest {
  const { hostname, port, pathname, search } = url;
  const options: RequestOptions = {
    host: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
    port,
    path: pathname + search,
    // A list goes over the wire as it is; an object would first be filled into a table, name by name.
    headers: ['Host', url.host, 'User-Agent', userAgent, 'Accept-Encoding', ACCEPT_ENCODING],
    maxHeaderSize: limits.headerBytesMax,
  };
  return url.protocol === 'https:'
    ? requestHttps({ ...options, agent: agents.https })
    : requestHttp({ ...options, agent: agents.http });
}

function closeAll({ http, https }: Agents): void {
  http.destroy();
  https.destroy();
}
