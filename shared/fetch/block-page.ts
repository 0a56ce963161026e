/** Block pages: what sites send programs instead of an answer. */

import type { IncomingHttpHeaders } from 'node:http';
import type { Reason } from '../base/outcome.js';

export type BlockReason = Extract<Reason, 'consent-page' | 'robot-page' | 'javascript-page'>;

/** Block pages are shorter than this. */
const BODY_BYTES_MAX = 64 * 1024;

/** Where Google's name themselves (measured, November 2026); further down its results may, too. */
const HEAD_BYTES_MAX = 4 * 1024;

export interface BlockSignature {
  /** Whose page it is. */
  readonly site: string;
  readonly reason: BlockReason;
  /** Where the pattern is looked for: in the URL, the page (`head`: its first 4 KiB), or a header field. */
  readonly part: 'host' | 'path' | 'head' | 'body' | 'cf-mitigated' | 'x-yandex-captcha';
  /** In a page it matches markup: results may quote the words, but with `"` and `<` escaped. */
  readonly pattern: RegExp;
}

/** Every block page that is known. The README names their sites. */
export const BLOCK_SIGNATURES: readonly BlockSignature[] = [
  { site: 'Google', reason: 'consent-page', part: 'host', pattern: /^consent\./ },
  {
    site: 'Google',
    reason: 'consent-page',
    part: 'head',
    pattern: /<form[^>]+action="https:\/\/consent\./i,
  },
  { site: 'Google', reason: 'robot-page', part: 'path', pattern: /^\/sorry\// },
  { site: 'Google', reason: 'robot-page', part: 'head', pattern: /<form[^>]+id="captcha-form"/i },
  {
    site: 'Google',
    reason: 'javascript-page',
    part: 'head',
    pattern: /["=]\/httpservice\/retry\/enablejs/,
  },
  // With status 200 or 202.
  {
    site: 'DuckDuckGo',
    reason: 'robot-page',
    part: 'body',
    pattern: /<(?:div|form)[^>]+(?:class="anomaly-modal|action="\/\/duckduckgo\.com\/anomaly\.js)/i,
  },
  {
    site: 'Startpage',
    reason: 'robot-page',
    part: 'path',
    pattern: /^\/sp\/(?:captcha|cdn\/error-pages\/blocked)/,
  },
  {
    site: 'Startpage',
    reason: 'robot-page',
    part: 'body',
    pattern: /<(?:script|link)[^>]+component---src-pages-captcha/i,
  },
  { site: 'Yandex', reason: 'robot-page', part: 'path', pattern: /^\/showcaptcha/ },
  {
    site: 'Yandex',
    reason: 'robot-page',
    part: 'body',
    pattern: /<form[^>]+action="\/(?:check|show)captcha/i,
  },
  { site: 'Yandex', reason: 'robot-page', part: 'x-yandex-captcha', pattern: /^captcha/ },
  { site: 'Bing', reason: 'robot-page', part: 'path', pattern: /^\/turing\/captcha\// },
  {
    site: 'Bing',
    reason: 'robot-page',
    part: 'body',
    pattern: /<(?:form|iframe)[^>]+"[^">]*\/turing\/captcha\//i,
  },
  // With status 403 or 503, on any site behind it; the field is documented.
  { site: 'Cloudflare', reason: 'robot-page', part: 'cf-mitigated', pattern: /^challenge$/ },
  {
    site: 'Cloudflare',
    reason: 'robot-page',
    part: 'body',
    pattern: /<script[^>]*>[^<]*window\._cf_chl_opt\s*=/i,
  },
];

/** What is known of an answer; of the target of a redirect only its URL, as it is never contacted. */
export interface Page {
  readonly url?: URL;
  readonly headers?: IncomingHttpHeaders;
  readonly body?: Buffer;
}

/** Which kind of block page an answer is; undefined when nothing that is given of it says so. */
export function blockPageOf(page: Page): BlockReason | undefined {
  const body = page.body?.toString('latin1', 0, BODY_BYTES_MAX);
  const found = BLOCK_SIGNATURES.find(({ part, pattern }) => {
    const text = textOf(part, page, body);
    return text !== undefined && pattern.test(text);
  });
  return found?.reason;
}

function textOf(
  part: BlockSignature['part'],
  { url, headers }: Page,
  body: string | undefined,
): string | undefined {
  switch (part) {
    case 'host':
      return url?.hostname;
    case 'path':
      return url?.pathname;
    case 'head':
      return body?.slice(0, HEAD_BYTES_MAX);
    case 'body':
      return body;
    case 'cf-mitigated':
    case 'x-yandex-captcha':
      return headers?.[part]?.toString();
  }
}
