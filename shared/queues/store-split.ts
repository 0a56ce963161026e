/** Finds workers of one kind that do not share their results. */

import { safeText } from '../base/safe-text.js';
import { KIND_NAMES, type KindName, kindOf } from '../kinds/kinds.js';
import type { Heartbeat } from './heartbeat.js';
import { queuesOf } from './queue.js';

/** Places named in one sentence. */
const PLACES_SHOWN = 3;

const PLACE_LENGTH_MAX = 80;

/**
 * Warns, a sentence for each kind, of connected workers that store its results in different
 * directories: each fetches what others have already, and none has all of them.
 */
export function storeSplitWarnings(
  workers: readonly Heartbeat[],
  kinds: readonly KindName[] = KIND_NAMES,
): string[] {
  return kinds.flatMap((kind) => {
    const { plural, site } = kindOf(kind);
    if (site === undefined) return [];
    const names = queuesOf(kind).map(({ name }) => name);
    const stores = new Map<string, Heartbeat>();
    for (const worker of workers) {
      if (names.some((name) => name in worker.queues)) stores.set(worker.storeId, worker);
    }
    return stores.size < 2 ? [] : [warning(plural, [...stores.values()])];
  });
}

/** @param workers one for each directory */
function warning(plural: string, workers: readonly Heartbeat[]): string {
  const places = workers
    .slice(0, PLACES_SHOWN)
    .map(({ host, out }) => safeText(`${host}:${out}`, PLACE_LENGTH_MAX));
  const more = workers.length > PLACES_SHOWN ? ` and ${workers.length - PLACES_SHOWN} more` : '';
  return `The workers of ${plural} do not share their results (${places.join(', ')}${more}), so each fetches what others have. Give them one directory with --out.`;
}
