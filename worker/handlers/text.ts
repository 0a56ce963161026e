/** The text or the JSON of an answer, or why there is none. */

import { isUtf8 } from 'node:buffer';
import { JobFailure } from '../../shared/base/errors.js';
import type { Fetched } from '../../shared/fetch/fetcher.js';

/**
 * Decodes a body. A byte order mark is no part of an answer and is refused as bad encoding: what is
 * kept byte for byte must be readable by whoever asks for plain UTF-8.
 *
 * @throws JobFailure for a status other than 200, an empty body, or one that is not UTF-8.
 */
export function textOf({ status, body }: Fetched): string {
  if (status !== 200) throw new JobFailure('unexpected-status', `HTTP ${status}`);
  if (body.length === 0) throw new JobFailure('empty-body', 'no bytes at all');
  if (!isUtf8(body)) throw new JobFailure('bad-encoding', 'not UTF-8');
  if (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf) {
    throw new JobFailure('bad-encoding', 'it begins with a byte order mark');
  }
  return body.toString('utf8');
}

/**
 * Decodes a body that must be JSON.
 *
 * @throws JobFailure as {@link textOf} does, and `not-json`.
 */
export function jsonOf(fetched: Fetched): unknown {
  const text = textOf(fetched);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new JobFailure('not-json', `it begins with "${text.slice(0, 40)}"`, { cause: error });
  }
}
