/** Asks the site of a kind: when its limiter lets a request through, which then hears how that went. */

import { JobFailure, SITE_AWAY } from '../shared/base/outcome.js';
import { urlText } from '../shared/base/safe-text.js';
import type { Fetched } from '../shared/fetch/answer.js';
import type { Fetcher } from '../shared/fetch/fetcher.js';
import { type KindName, kindOf } from '../shared/kinds/kinds.js';
import type { Site } from '../shared/kinds/site.js';
import { spanned, type SpanDetails } from '../shared/queues/telemetry.js';
import { SiteAwayError } from './reaction.js';
import type { SiteLimiter } from './site-limiter.js';

export interface SiteAccessOptions {
  readonly kind: KindName;
  readonly site: Site;
  /** The largest answer, whatever the kind; undefined for the kind's own limit. */
  readonly bodyBytesMax: number | undefined;
}

export interface SiteAccessDeps {
  readonly limiter: SiteLimiter;
  readonly fetcher: Fetcher;
}

export interface JobSignals {
  /** Aborts when the worker takes no more jobs: one that only waits need not go on. */
  readonly closing: AbortSignal;
  /** Aborts when the worker must let go of all jobs: an answer need not be waited for. */
  readonly release: AbortSignal;
}

/** A request of a job. */
export interface SiteRequest extends JobSignals {
  readonly url: string;
  readonly jobId: string;
  /** Called every second while it waits for its turn; throws what ends the waiting. */
  readonly check: () => Promise<void>;
}

export class SiteAccess {
  readonly kind: KindName;
  readonly site: Site;
  readonly limiter: SiteLimiter;
  readonly #fetcher: Fetcher;
  readonly #bodyBytesMax: number | undefined;

  constructor(
    { kind, site, bodyBytesMax }: SiteAccessOptions,
    { limiter, fetcher }: SiteAccessDeps,
  ) {
    this.kind = kind;
    this.site = site;
    this.limiter = limiter;
    this.#fetcher = fetcher;
    this.#bodyBytesMax = bodyBytesMax ?? kindOf(kind).bodyBytesMax;
  }

  /**
   * Fetches a URL of the site.
   *
   * @throws JobFailure; SitePausedError or SiteAwayError when the site is to be left alone; what
   * `check` throws and the signals abort with.
   */
  async fetch({ url, jobId, check, closing, release }: SiteRequest): Promise<Fetched> {
    const { limiter } = this;
    const waiting = { check, signal: closing };
    // That of the request under way: none while the next one waits for its turn.
    const permits = [await limiter.pass(waiting)];
    const beforeRedirect = async (): Promise<void> => {
      const answered = permits.pop();
      if (answered !== undefined) await limiter.answered(answered);
      permits.push(await limiter.pass(waiting));
    };
    try {
      const options = { signal: release, bodyBytesMax: this.#bodyBytesMax, beforeRedirect };
      const fetched = await spanned(
        () => fetchSpan(url, this.site),
        async (note) => {
          const answer = await this.#fetcher.get(url, options);
          note({ 'http.response.status_code': answer.status });
          return answer;
        },
      );
      await Promise.all(permits.map((permit) => limiter.answered(permit)));
      return fetched;
    } catch (error) {
      const permit = permits.pop();
      if (permit === undefined) throw error;
      if (!(error instanceof JobFailure)) {
        await limiter.unsent(permit);
      } else if (SITE_AWAY.has(error.reason)) {
        const outage = await limiter.failed(permit, jobId, error);
        if (outage !== undefined) throw new SiteAwayError(error, outage);
      } else {
        await limiter.answered(permit);
      }
      throw error;
    }
  }
}

function fetchSpan(url: string, site: Site): SpanDetails {
  const attributes = { 'http.request.method': 'GET', 'url.full': urlText(url, site.url) };
  return { name: 'fetch', kind: 'client', attributes };
}
