/** Finds workers of one kind that do not share their results. */

import { safeText } from '../base/safe-text.js';
import { KIND_NAMES, type KindName, kindOf } from '../kinds/kinds.js';
import type { Heartbeat } from './heartbeat.js';
import { queuesOf } from './queue.js';

/** Places named in one sentence. */
const PLACES_SHOWN = 3;

const PLACE_LENGTH_MAX = 80;

/**
 * Warns, a sentence for each kind and site, of connected workers that store its results in different
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
    const own = workers.filter(({ queues }) => names.some((name) => name in queues));
    // Results of different sites never share a directory.
    return [...new Set(own.map(({ sites }) => sites[kind]))].flatMap((url) => {
      const places = placesOf(own.filter(({ sites }) => sites[kind] === url));
      return places.length < 2 ? [] : [warning(plural, places)];
    });
  });
}

/** A place for each directory, always the same one in the same order: workers come in that of their heartbeats. */
function placesOf(workers: readonly Heartbeat[]): string[] {
  const places = new Map<string, string>();
  for (const { host, out, storeId } of workers) {
    const place = safeText(`${host}:${out}`, PLACE_LENGTH_MAX);
    const known = places.get(storeId);
    if (known === undefined || place < known) places.set(storeId, place);
  }
  return [...places.values()].toSorted();
}

function warning(plural: string, places: readonly string[]): string {
  const shown = places.slice(0, PLACES_SHOWN).join(', ');
  const more = places.length > PLACES_SHOWN ? ` and ${places.length - PLACES_SHOWN} more` : '';
  return `The workers of ${plural} do not share their results (${shown}${more}), so each fetches what others have. Give them one directory with --out.`;
}
