/** Fetches the result page of a search term and stores it byte for byte. */

import { JobFailure } from '../../shared/base/outcome.js';
import type { Fetched } from '../../shared/fetch/answer.js';
import { blockPageOf } from '../../shared/fetch/block-page.js';
import { fileNameOfTerm } from '../../shared/store/result-key.js';
import { type Handler, KEPT, notFound, stored } from './handler.js';

export const handler: Handler<'search'> = async ({ term }, context) => {
  const key = { folder: 'searches', file: fileNameOfTerm(term) };
  if (await context.isKept(key)) return KEPT;
  const fetched = await context.fetch({ term });
  if (fetched.status === 404) return notFound(key, fetched, context);
  requirePage(fetched);
  await context.store(key, fetched);
  return stored(fetched);
};

/**
 * Search sites often send programs a consent, robot or JavaScript page instead of results. Such a
 * page is reported for what it is, and never stored.
 */
function requirePage(fetched: Fetched): void {
  const { status, url, body, contentType } = fetched;
  const facts = { status, url, durationMs: fetched.durationMs };
  const block = blockPageOf({ url: new URL(url), body });
  if (block !== undefined) throw new JobFailure(block, url, { facts });
  if (status !== 200) throw new JobFailure('unexpected-status', `HTTP ${status}`, { facts });
  if (body.length === 0) throw new JobFailure('empty-body', 'no bytes at all', { facts });
  if (!contentType.toLowerCase().includes('html')) {
    throw new JobFailure('not-html', `content type "${contentType}"`, { facts });
  }
}
