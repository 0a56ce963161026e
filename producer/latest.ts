/** Asks a site for the number of its latest comic. */

import { z } from 'zod';
import { CommandError, errorText, EXIT } from '../shared/base/errors.js';
import { safeText, siteText } from '../shared/base/safe-text.js';
import { createFetcher } from '../shared/fetch/fetcher.js';
import { COMIC_NUMBER_MAX } from '../shared/kinds/comic.js';
import type { Site } from '../shared/kinds/site.js';

/** Short, because a person is waiting. */
const DEADLINE_MS = 10_000;

const Latest = z.looseObject({ num: z.int().min(1).max(COMIC_NUMBER_MAX) });

/**
 * The site's latest number, by one request.
 *
 * @throws CommandError (unavailable) when the site does not answer with one; the signal's reason when
 * it aborts.
 */
export async function fetchLatest(
  site: Site | undefined,
  userAgent: string,
  signal: AbortSignal,
): Promise<number> {
  const url = site?.latestUrl ?? '';
  const limits = { deadlineMs: DEADLINE_MS };
  const fetcher = createFetcher({ userAgent, connectionsMax: 1, limits });
  try {
    const { status, body } = await fetcher.get(url, { signal });
    if (status !== 200) throw new Error(`it answered with status ${status}`);
    return Latest.parse(JSON.parse(body.toString())).num;
  } catch (error) {
    signal.throwIfAborted();
    throw new CommandError(
      EXIT.unavailable,
      `Cannot ask ${siteText(url)} for the latest number: ${factOf(error)}. Try again later, or give numbers`,
      { cause: error },
    );
  } finally {
    fetcher.close();
  }
}

function factOf(error: unknown): string {
  const malformed = error instanceof z.ZodError || error instanceof SyntaxError;
  return malformed ? 'its answer holds no number' : safeText(errorText(error));
}
