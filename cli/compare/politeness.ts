/** A measurement must not become a burden on somebody's site unawares. */

import { CommandError, EXIT } from '../../shared/base/errors.js';
import { isLocalSite, type Site } from '../../shared/kinds/site.js';
import { formatCount } from '../../shared/report/format.js';

export interface Extent {
  readonly jobs: number;
  readonly passes: number;
  /** How many concurrencies are measured besides the baseline. */
  readonly steps: number;
}

/** Requests that a comparison makes if no job is tried twice. */
export function requestsOf({ jobs, passes, steps }: Extent): number {
  return jobs * passes * (steps + 1);
}

/**
 * Passes once over the jobs, twice in all, need no leave. More of a site that is not on this
 * machine does.
 *
 * @throws CommandError (usage) that names the number of requests.
 */
export function requireAgreement(site: Site | undefined, extent: Extent, agreed: boolean): void {
  const runs = extent.passes * (extent.steps + 1);
  if (agreed || runs <= 2 || site === undefined || isLocalSite(site)) return;
  const host = new URL(site.url.replaceAll(/[{}]/g, '')).host;
  throw new CommandError(
    EXIT.usage,
    `This would ask ${host} ${formatCount(requestsOf(extent))} times (${formatCount(extent.jobs)} jobs, ${runs} runs). ` +
      'Add --yes if that is all right with you and the site; the command rate keeps it polite',
  );
}
