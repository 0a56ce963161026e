/** Fetches a comic's record and stores it byte for byte. */

import { JobFailure } from '../../shared/base/outcome.js';
import type { Fetched } from '../../shared/fetch/answer.js';
import { type ComicInput, ComicOutput } from '../../shared/kinds/comic.js';
import type { ResultKey } from '../../shared/store/result-key.js';
import { type Handler, jsonOf, KEPT, notFound, stored } from './handler.js';

export const handler: Handler<'comic'> = async (input, context) => {
  const key = comicKey(input);
  if (await context.isKept(key)) return KEPT;
  const fetched = await context.fetch(input);
  if (fetched.status === 404) return notFound(key, fetched, context);
  requireComic(fetched, input);
  await context.store(key, fetched);
  return stored(fetched);
};

/** Where the record of a comic is kept. */
export function comicKey({ id }: ComicInput): ResultKey {
  return { folder: 'comics', file: `${id}.json` };
}

/**
 * Reads a comic's record. Sites may answer with an error page or another comic's record: neither is
 * stored.
 *
 * @throws JobFailure that says what it is instead.
 */
export function requireComic(fetched: Fetched, { id }: ComicInput): ComicOutput {
  const parsed = ComicOutput.safeParse(jsonOf(fetched));
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path.join('.') ?? '';
    throw new JobFailure('bad-shape', field === '' ? 'not an object' : `no valid "${field}"`);
  }
  if (parsed.data.num !== id) {
    throw new JobFailure('other-number', `asked for ${id}, got ${parsed.data.num}`);
  }
  return parsed.data;
}
