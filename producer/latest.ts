/** The number of a site's latest comic, and what is new since a watch looked last. */

import { Readable } from 'node:stream';
import { z } from 'zod';
import { CommandError, errorText, EXIT } from '../shared/base/errors.js';
import { safeText, siteText } from '../shared/base/safe-text.js';
import { createFetcher } from '../shared/fetch/fetcher.js';
import { COMIC_NUMBER_MAX } from '../shared/kinds/comic.js';
import { recordKindOf } from '../shared/kinds/kinds.js';
import type { Site, Sites } from '../shared/kinds/site.js';
import { ATTEMPTS_DEFAULT } from '../shared/queues/job.js';
import type { Watch } from '../shared/queues/watches.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { enqueueRun } from './enqueue.js';
import { planRun } from './plan.js';

/** Short, because a person is waiting. */
const DEADLINE_MS = 10_000;

/** What the runs of watches are called in the list of runs. */
export const WATCH_TITLE = 'watch';

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

export interface LookContext {
  readonly connection: RedisConnection;
  readonly sites: Sites;
  readonly userAgent: string;
  readonly signal: AbortSignal;
}

/** What a look at a site has found. */
export interface Look {
  /** The site's newest number, or what was known before where that is more. */
  readonly known: number;
  /** Numbers of the runs that were made. */
  readonly runs: readonly number[];
}

/**
 * Asks the site of a watch for its newest number, by one request, and makes a run of what is new, and
 * one of its pictures where they are wanted.
 *
 * @throws CommandError: unavailable when the site does not tell, or Redis fails.
 */
export async function queueNew(
  { kind, known, pictures }: Watch,
  { connection, sites, userAgent, signal }: LookContext,
): Promise<Look> {
  const site = sites[kind];
  const latest = await fetchLatest(sites[recordKindOf(kind) ?? kind], userAgent, signal);
  if (latest <= known) return { known, runs: [] };
  const plan = await planRun(
    {
      kind,
      words: [`${known + 1}-${latest}`],
      inputFiles: [],
      baseline: false,
      refetch: false,
      times: 1,
      attempts: ATTEMPTS_DEFAULT,
      title: WATCH_TITLE,
    },
    { site, latest: () => Promise.resolve(latest), stdin: Readable.from([]), signal },
  );
  const plans = pictures ? [plan, await plan.ofKind('picture', sites.picture)] : [plan];
  const runs: number[] = [];
  for (const one of plans) runs.push((await enqueueRun(one, { connection, signal })).run);
  return { known: latest, runs };
}
