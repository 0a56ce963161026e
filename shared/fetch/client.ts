/**
 * The got client of one fetcher, within the limits of what a fetch may cost, and its connections: direct
 * ones, and through a proxy.
 */

import { Agent as HttpAgent, type ClientRequest, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { Request, RequestFunction } from 'got';
import { CommandError, EXIT } from '../base/errors.js';
import { JobFailure } from '../base/outcome.js';
import { safeText, safeUrl } from '../base/safe-text.js';
import { ACCEPT_ENCODING, isAllowed, isLoopback, isRedirect, redirectFailure } from './answer.js';
import { createLookup } from './lookup.js';

/** What one fetch may cost. No site, however broken or hostile, makes a worker exceed these. */
export interface FetchLimits {
  /** From the start of the request to the last byte, redirects included. */
  readonly deadlineMs: number;
  /** Of the body, as sent and as decoded. */
  readonly bodyBytesMax: number;
  /** Answers with a status of 1xx before the answer: others wait while a flood of them is read. */
  readonly interimAnswersMax: number;
  /** Of all header fields of one answer together. */
  readonly headerBytesMax: number;
  readonly redirectsMax: number;
  /** For the look-up of the site's name: a black hole would otherwise cost 10 s (measured). */
  readonly lookupMs: number;
}

/** The limits in force where nothing else is asked for. */
export const FETCH_LIMITS: FetchLimits = {
  deadlineMs: 30_000,
  bodyBytesMax: 1024 * 1024,
  interimAnswersMax: 100,
  headerBytesMax: 16 * 1024,
  redirectsMax: 5,
  lookupMs: 3_000,
};

export interface ClientOptions {
  readonly userAgent: string;
  readonly connectionsMax: number;
  readonly limits: FetchLimits;
}

/** Starts a request; its errors are the stream's. */
export type Ask = (url: string) => Request;

export interface Client {
  /** Got, loaded when the client is made: commands that fetch nothing do without its 60 ms. */
  readonly ask: Promise<Ask>;
  /** Closes all connections, those in use included. */
  close(): void;
}

/** Under the 60 s after which many routers and servers forget an idle connection. */
const IDLE_MS_MAX = 30_000;
/** For one address of a site before the next is tried. Node's 250 ms fail wherever the way is long. */
const ADDRESS_MS_MAX = 5_000;

/**
 * Got with one keep-alive agent per protocol. Its options are made here and merged no more. It
 * retries nothing, since the queue does; it follows redirects that {@link redirectFailure} allows;
 * bodies are decoded by `decodeBody`, which says why.
 */
export function createClient(options: ClientOptions): Client {
  const agents = createAgents(options);
  return {
    ask: loadGot(options, requestThrough(agents, options.limits)),
    close: () => {
      for (const agent of agents.all) agent.destroy();
    },
  };
}

async function loadGot(
  { userAgent, limits: { redirectsMax } }: ClientOptions,
  request: RequestFunction,
): Promise<Ask> {
  const { create, Options } = await import('got');
  const options = new Options(undefined, {
    request,
    headers: { 'user-agent': userAgent, 'accept-encoding': ACCEPT_ENCODING },
    strictContentLength: true,
    retry: { limit: 0 },
    maxRedirects: redirectsMax,
    // Not in `beforeRedirect`: when such a hook throws, got first reads the body, however long.
    followRedirect: (answer) => isRedirect(answer) && !redirectFailure(answer, redirectsMax),
    decompress: false,
    throwHttpErrors: false,
    // Here, because `got.stream` would merge it into the options of each request.
    isStream: true,
  });
  // Node 20 takes 60 µs a request, as long as for all the rest, to spread these four before thirty others.
  options.cacheOptions = {};
  return create({ options, handlers: [], mutableDefaults: false });
}

interface Agents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
  /** Those of proxies included, which are made when they are first needed. */
  readonly all: Set<HttpAgent>;
  /** The agent of the proxy for a URL. */
  readonly proxied: ((url: URL) => Promise<HttpsAgent>) | undefined;
}

function createAgents({ connectionsMax, limits }: ClientOptions): Agents {
  const options = {
    keepAlive: true,
    maxSockets: connectionsMax,
    maxFreeSockets: connectionsMax,
    // The connection used last is the least likely to have died, and the others may time out.
    scheduling: 'lifo',
    // Without one, Node would ignore the time that a site announces in its Keep-Alive field.
    timeout: IDLE_MS_MAX,
    lookup: createLookup(limits.lookupMs),
    autoSelectFamilyAttemptTimeout: Math.min(ADDRESS_MS_MAX, Math.ceil(limits.deadlineMs / 3)),
    // Explicit, because NODE_TLS_REJECT_UNAUTHORIZED=0 would otherwise turn it off.
    rejectUnauthorized: true,
  } as const;
  const http = new HttpAgent(options);
  const https = new HttpsAgent(options);
  const all = new Set([http, https]);
  return { http, https, all, proxied: hasProxy(process.env) ? throughProxies() : undefined };

  function throughProxies(): (url: URL) => Promise<HttpsAgent> {
    const known = new Map<string, HttpsAgent>();
    return async (url) => {
      const [{ getProxyForUrl }, { HttpsProxyAgent }] = await Promise.all([
        import('proxy-from-env'),
        import('hpagent'),
      ]);
      const proxy = getProxyForUrl(url.href);
      if (proxy === '') return https;
      const agent = known.get(proxy) ?? new HttpsProxyAgent({ ...options, proxy });
      known.set(proxy, agent);
      all.add(agent);
      return agent;
    };
  }
}

/** `http_proxy` is none of them: only this machine is asked over http. */
const PROXY_VARIABLES = ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'] as const;

/**
 * Whether sites may have to be asked through a proxy.
 *
 * @throws CommandError (bad configuration) for one that is no URL. It may hold a password, and is not repeated.
 */
function hasProxy(environment: NodeJS.ProcessEnv): boolean {
  const set = PROXY_VARIABLES.filter((name) => (environment[name] ?? '') !== '');
  for (const name of set) {
    const text = environment[name] ?? '';
    // Without a scheme, proxy-from-env takes that of the site.
    const url = text.includes('://') ? text : `https://${text}`;
    if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) continue;
    throw new CommandError(
      EXIT.badConfig,
      `Cannot use the proxy in ${name}: it is not an http:// or https:// URL, such as http://proxy.example:3128`,
    );
  }
  return set.length > 0;
}

/** Got would hand Node thirty options, nearly all undefined, which Node then copies three times. */
function requestThrough(agents: Agents, limits: FetchLimits): RequestFunction {
  const ready = (request: ClientRequest): ClientRequest => untimed(bounded(request, limits));
  return (url, { headers }) => {
    if (!isAllowed(url)) throw notAllowed(url);
    const { hostname, port, pathname, search } = url;
    const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
    const options = {
      host,
      port,
      path: pathname + search,
      headers,
      maxHeaderSize: limits.headerBytesMax,
    };
    if (url.protocol === 'http:') return ready(requestHttp({ ...options, agent: agents.http }));
    if (agents.proxied === undefined || isLoopback(url)) {
      return ready(requestHttps({ ...options, agent: agents.https }));
    }
    return agents.proxied(url).then((agent) => ready(requestHttps({ ...options, agent })));
  };
}

function notAllowed(url: URL): TypeError {
  const shown = safeText(safeUrl(url));
  return new TypeError(`Cannot fetch ${shown}: only https, or http on this machine, is allowed`);
}

/** Ends a request that gets ever more answers which announce another. */
function bounded(request: ClientRequest, { interimAnswersMax }: FetchLimits): ClientRequest {
  let count = 0;
  return request.on('information', () => {
    count += 1;
    if (count !== interimAnswersMax + 1) return;
    const fact = `more than ${interimAnswersMax} answers with a status of 1xx`;
    request.destroy(new JobFailure('bad-framing', fact));
  });
}

const NO_TIMINGS = { phases: {} };

/** Got times each phase of a request by ten listeners, unless it has been timed already. */
function untimed(request: ClientRequest): ClientRequest {
  return Object.assign(request, { timings: NO_TIMINGS });
}
