/** One fetch, from its first request through redirects to the decoded answer. */

import { JobFailure, type FailureFacts } from '../base/errors.js';
import { safeText, safeUrl } from '../base/safe-text.js';
import { type Connections } from './connections.js';
import { decodeBody } from './content-coding.js';
import { exchange, StaleConnectionError, type Exchanged } from './exchange.js';
import { Interruption } from './interruption.js';
import { type FetchLimits } from './limits.js';
import { isAllowed, isRedirect, redirectTarget } from './redirect.js';
import { parseRetryAfter } from './retry-after.js';
import { type SharedSignals } from './shared-signals.js';
import { isAnswer, reasonOfStatus } from './status.js';

/** An answer: 2xx with its body, or 404 with none. */
export interface Fetched {
  readonly status: number;
  /** The URL that answered, after redirects; without credentials. */
  readonly url: string;
  /** Byte for byte what the site sent, its compression undone. */
  readonly body: Buffer;
  /** As sent; empty when there was none. */
  readonly contentType: string;
  /** From the start of the first request to the last byte. */
  readonly durationMs: number;
}

/** What all fetches of one fetcher share. */
export interface VisitTerms {
  readonly connections: Connections;
  readonly limits: FetchLimits;
  readonly signals: SharedSignals;
}

/** A fetch under way. Call {@link Visit.end} when it is over, however it ended. */
export class Visit {
  private readonly connections: Connections;
  private readonly limits: FetchLimits;
  private readonly interruption: Interruption;
  private readonly startMs = performance.now();
  private url: URL;

  /** Throws a `TypeError` for a URL that may not be fetched: configuration should have refused it. */
  constructor({ connections, limits, signals }: VisitTerms, url: string, signal: AbortSignal) {
    this.connections = connections;
    this.limits = limits;
    this.url = startingUrl(url);
    const { deadlineMs } = limits;
    const onDeadline = () => new JobFailure('timeout', `no whole answer within ${deadlineMs} ms`);
    this.interruption = new Interruption({ signal, signals, deadlineMs, onDeadline });
  }

  async fetched(): Promise<Fetched> {
    const { status, headers, raw } = await this.followed();
    const durationMs = performance.now() - this.startMs;
    if (!isAnswer(status) && status !== 404) throw refusal(status, headers['retry-after']);
    return {
      status,
      url: safeUrl(this.url),
      body: decodeBody(raw, headers['content-encoding'], this.limits.bodyBytesMax),
      contentType: headers['content-type'] ?? '',
      durationMs,
    };
  }

  /** What is known when the fetch has failed. */
  facts(): FailureFacts {
    return { url: safeUrl(this.url), durationMs: performance.now() - this.startMs };
  }

  end(): void {
    this.interruption.dispose();
  }

  private async followed(): Promise<Exchanged> {
    const first = await this.exchanged();
    return isRedirect(first.status) ? this.redirected(first) : first;
  }

  private async redirected(first: Exchanged): Promise<Exchanged> {
    const seen = new Set([this.url.href]);
    let exchanged = first;
    while (isRedirect(exchanged.status)) {
      this.url = redirectTarget(this.url, exchanged.headers.location);
      if (seen.has(this.url.href) || seen.size > this.limits.redirectsMax) {
        throw new JobFailure('redirect-loop', `after ${seen.size} redirects`);
      }
      seen.add(this.url.href);
      exchanged = await this.exchanged();
    }
    return exchanged;
  }

  private async exchanged(): Promise<Exchanged> {
    try {
      return await this.asked();
    } catch (error) {
      if (!(error instanceof StaleConnectionError)) throw error;
    }
    try {
      return await this.asked();
    } catch (error) {
      throw error instanceof StaleConnectionError ? error.failure : error;
    }
  }

  private asked(): Promise<Exchanged> {
    return exchange(this.connections, this.url, this.limits.bodyBytesMax, this.interruption);
  }
}

function startingUrl(text: string): URL {
  const url = new URL(text);
  if (isAllowed(url)) return url;
  const shown = safeText(safeUrl(text));
  throw new TypeError(`Cannot fetch ${shown}: only https, or http on this machine, is allowed`);
}

function refusal(status: number, retryAfter: string | undefined): JobFailure {
  const retryAfterMs = parseRetryAfter(retryAfter, Date.now());
  const reason = reasonOfStatus(status, retryAfterMs);
  return new JobFailure(reason, `status ${status}`, { retryAfterMs, facts: { status } });
}
