/** Fetches a comic's record and stores it byte for byte. */

import { JobFailure } from '../../shared/base/outcome.js';
import { ComicOutput } from '../../shared/kinds/comic.js';
import { jsonOf, KEPT, notFound, stored, type Handler } from './handler.js';

export const handler: Handler<'comic'> = async (input, context) => {
  const key = { folder: 'comics', file: `${input.id}.json` };
  if (await context.isKept(key)) return KEPT;
  const fetched = await context.fetch(input);
  if (fetched.status === 404) return notFound(key, fetched, context);
  requireComic(jsonOf(fetched), input.id);
  await context.store(key, fetched);
  return stored(fetched);
};

/** Sites may answer with an error page or another comic's record: neither is stored. */
function requireComic(answer: unknown, id: number): void {
  const parsed = ComicOutput.safeParse(answer);
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path.join('.') ?? '';
    throw new JobFailure('bad-shape', field === '' ? 'not an object' : `no valid "${field}"`);
  }
  if (parsed.data.num !== id) {
    throw new JobFailure('other-number', `asked for ${id}, got ${parsed.data.num}`);
  }
}
