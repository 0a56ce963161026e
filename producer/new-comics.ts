/** Queues what a site has that a watch did not know of. */

import { Readable } from 'node:stream';
import { ATTEMPTS_DEFAULT } from '../shared/queues/job.js';
import { recordKindOf } from '../shared/kinds/kinds.js';
import type { Sites } from '../shared/kinds/site.js';
import type { Watch } from '../shared/queues/watches.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { enqueueRun } from './enqueue.js';
import { fetchLatest } from './latest.js';
import { planRun } from './plan.js';

/** What the runs of watches are called in the list of runs. */
export const WATCH_TITLE = 'watch';

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
