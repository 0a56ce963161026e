/** The connections of one fetcher, and the got client that uses them. */

import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { got, type Got } from 'got';
import { ACCEPT_ENCODING } from './content-coding.js';
import { type FetchLimits } from './limits.js';
import { createLookup } from './lookup.js';

export interface ConnectionsOptions {
  readonly userAgent: string;
  readonly connectionsMax: number;
  readonly limits: FetchLimits;
}

export interface Connections {
  readonly client: Got;
  close(): void;
}

/** Under the 60 s after which many routers and servers forget an idle connection. */
const IDLE_MS_MAX = 30_000;

/**
 * One keep-alive agent per protocol, and a client whose options are merged only here: what a
 * request needs beyond its URL is done around got, where it costs less and is ours to test.
 */
export function createConnections(options: ConnectionsOptions): Connections {
  const agents = createAgents(options);
  return { client: createClient(options, agents), close: () => closeAll(agents) };
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
    timeout: IDLE_MS_MAX,
    lookup: createLookup(limits.lookupMs),
  } as const;
  return { http: new HttpAgent(options), https: new HttpsAgent(options) };
}

function createClient({ userAgent, limits }: ConnectionsOptions, agents: Agents): Got {
  return got.extend({
    agent: { ...agents },
    headers: { 'user-agent': userAgent, 'accept-encoding': ACCEPT_ENCODING },
    // Explicit, because NODE_TLS_REJECT_UNAUTHORIZED=0 would otherwise turn it off.
    https: { rejectUnauthorized: true },
    maxHeaderSize: limits.headerBytesMax,
    strictContentLength: true,
    // The queue owns retries; redirects, decoding and statuses are judged by us.
    retry: { limit: 0 },
    followRedirect: false,
    decompress: false,
    throwHttpErrors: false,
  });
}

function closeAll({ http, https }: Agents): void {
  http.destroy();
  https.destroy();
}
