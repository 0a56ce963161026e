/** Where a redirect may lead: nowhere but to the same host, never from https to http. */

import { JobFailure } from '../base/errors.js';
import { safeText, safeUrl } from '../base/safe-text.js';
import { blockPageOf } from './block-page.js';

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Whether an answer with this status wants to be asked elsewhere. */
export function isRedirect(status: number): boolean {
  return REDIRECTS.has(status);
}

/** Whether a URL is one that may be fetched at all: https, or http on this machine. */
export function isAllowed(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname));
}

/**
 * The URL that a redirect from `from` leads to. Throws a {@link JobFailure} when it may not be
 * followed, judging by the URL alone: the target is never contacted.
 */
export function redirectTarget(from: URL, location: string | undefined): URL {
  if (location === undefined) {
    throw new JobFailure('unexpected-status', 'a redirect without a Location');
  }
  const target = parseLocation(from, location);
  const block = blockPageOf(target);
  const shown = safeText(safeUrl(target));
  if (block !== undefined) throw new JobFailure(block, `redirected to ${shown}`);
  if (!isSameHost(from, target)) throw new JobFailure('redirect-host', `redirected to ${shown}`);
  if (from.protocol === 'https:' && target.protocol !== 'https:') {
    throw new JobFailure('redirect-insecure', `redirected to ${shown}`);
  }
  return target;
}

function parseLocation(from: URL, location: string): URL {
  try {
    // Node reads header fields as Latin-1, while sites send UTF-8 in them.
    const target = new URL(Buffer.from(location, 'latin1').toString(), from);
    target.username = '';
    target.password = '';
    target.hash = '';
    return target;
  } catch (error) {
    const detail = `a redirect to something that is no URL: ${safeText(location)}`;
    throw new JobFailure('unexpected-status', detail, { cause: error });
  }
}

/** Another port is another host: on loopback it would be another program of this machine. */
function isSameHost(from: URL, target: URL): boolean {
  const schemeMayChange = from.port === '' && target.port === '';
  const sameScheme = from.protocol === target.protocol;
  const isWeb = target.protocol === 'https:' || target.protocol === 'http:';
  return isWeb && from.host === target.host && (sameScheme || schemeMayChange);
}
