/** Which request meets which fault. */

import { createRandom, type Random } from '../random.js';
import type { Target } from '../routes.js';
import type { Fault } from './grammar.js';
import { faultKind } from './table.js';
import type { Site } from './settings.js';

/** Paths whose requests `each` counts; the oldest is forgotten beyond that. */
const PATHS_MAX = 100_000;

/** A request as the plan sees it. */
export interface Arrival {
  readonly target: Target;
  readonly path: string;
  /** The requests in flight, this one included. */
  readonly active: number;
  /** The honest status: what is not there stays a 404 under every fault. */
  readonly status: number;
}

/** Decides in the order of arrival; the same seed and order give the same decisions. */
export interface FaultPlan {
  /** The first fault that hits this request, if any. */
  choose(arrival: Arrival): Fault | undefined;
}

/** A plan for some faults. Its counts start at zero. */
export function createFaultPlan(faults: readonly Fault[], seed: number): FaultPlan {
  const triggers = faults.map((fault, index) => createTrigger(fault, createRandom(seed + index)));
  return {
    choose: (arrival) => {
      const site = siteOf(arrival.target);
      if (site === undefined || arrival.status !== 200) return undefined;
      return triggers.find((trigger) => trigger.hits(site, arrival))?.fault;
    },
  };
}

function siteOf({ page }: Target): Site | undefined {
  if (page === 'comic') return 'comics';
  if (page === 'search') return 'searches';
  return page === 'latest' ? 'latest' : undefined;
}

interface Trigger {
  readonly fault: Fault;
  hits(site: Site, arrival: Arrival): boolean;
}

function createTrigger(fault: Fault, random: Random): Trigger {
  const { every, first, each, rate, only, limit } = fault.settings;
  const sites = only === undefined ? faultKind(fault.name).sites : [only];
  const seenByPath = new Map<string, number>();
  let seen = 0;
  return {
    fault,
    hits: (site, { target, path, active }) => {
      if (!sites.includes(site) || !concerns(fault, target)) return false;
      seen += 1;
      return (
        (limit === undefined || active > limit) &&
        (first === undefined || seen <= first) &&
        (every === undefined || seen % every === 0) &&
        (each === undefined || countPath(seenByPath, path) <= each) &&
        (rate === undefined || random() < rate)
      );
    },
  };
}

function concerns({ settings: { ids } }: Fault, target: Target): boolean {
  if (ids === undefined) return true;
  if (target.page !== 'comic') return false;
  const { number } = target;
  return ids.some(({ from, to }) => number >= from && number <= to);
}

function countPath(counts: Map<string, number>, path: string): number {
  const count = (counts.get(path) ?? 0) + 1;
  counts.set(path, count);
  if (counts.size > PATHS_MAX) {
    const [oldest] = counts.keys();
    if (oldest !== undefined) counts.delete(oldest);
  }
  return count;
}
