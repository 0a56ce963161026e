/** Fetching one resource politely and safely. */

import { JobFailure } from '../base/errors.js';
import { createConnections } from './connections.js';
import { FETCH_LIMITS, type FetchLimits } from './limits.js';
import { SharedSignals } from './shared-signals.js';
import { Visit, type Fetched, type VisitTerms } from './visit.js';

export interface FetcherOptions {
  /** Names the project and a contact. */
  readonly userAgent: string;
  /** To one host; further requests wait within their deadline. */
  readonly connectionsMax: number;
  readonly limits?: Partial<FetchLimits>;
}

export interface Fetcher {
  /**
   * Fetches `url` (https, or http on loopback). A 404 is an answer: the caller decides what it means.
   * Everything else that is not 2xx rejects with a `JobFailure`, as does everything that breaks or
   * exceeds a limit; an abort rejects at once with the signal's reason. Nothing is tried again,
   * except once on a connection that had died while idle.
   */
  get(url: string, options: { readonly signal: AbortSignal }): Promise<Fetched>;
  /** Closes all connections, those in use included. */
  close(): void;
}

/** Makes a fetcher with its own connections. Holds no timers or sockets until it is used. */
export function createFetcher(options: FetcherOptions): Fetcher {
  const limits = { ...FETCH_LIMITS, ...options.limits };
  const connections = createConnections({ ...options, limits });
  const terms = { connections, limits, signals: new SharedSignals() };
  return {
    get: (url, { signal }) => get(terms, url, signal),
    close: () => connections.close(),
  };
}

async function get(terms: VisitTerms, url: string, signal: AbortSignal): Promise<Fetched> {
  signal.throwIfAborted();
  const visit = new Visit(terms, url, signal);
  try {
    return await visit.fetched();
  } catch (error) {
    throw error instanceof JobFailure ? error.withFacts(visit.facts()) : error;
  } finally {
    visit.end();
  }
}
