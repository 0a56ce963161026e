/** Decides which requests a fault hits. */

import { LRUCache } from 'lru-cache';
import { createRandom, type Random } from '../random.js';
import type { Target } from '../answers.js';
import type { Page } from './fault.js';
import { type Fault, faultKind } from './table.js';

/** How many paths `each` remembers; beyond that the one not seen for longest is forgotten. */
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

export interface FaultPlan {
  /** The first fault that hits this request, if any. */
  choose(arrival: Arrival): Fault | undefined;
}

/** Decides in the order of arrival: the same seed and order give the same decisions. */
export function createFaultPlan(faults: readonly Fault[], seed: number): FaultPlan {
  const triggers = faults.map((fault, index) => createTrigger(fault, createRandom(seed + index)));
  return {
    choose: (arrival) => {
      const page = pageOf(arrival.target);
      if (page === undefined || arrival.status !== 200) return undefined;
      return triggers.find((trigger) => trigger.hits(page, arrival))?.fault;
    },
  };
}

function pageOf(target: Target): Page | undefined {
  if (target.page === 'comic') return 'comics';
  if (target.page === 'picture') return 'pictures';
  if (target.page === 'search') return 'searches';
  return target.page === 'latest' ? 'latest' : undefined;
}

interface Trigger {
  readonly fault: Fault;
  hits(page: Page, arrival: Arrival): boolean;
}

function createTrigger(fault: Fault, random: Random): Trigger {
  const { every, first, each, rate, only, above } = fault.settings;
  const pages = only === undefined ? faultKind(fault.name).pages : [only];
  const isWithinEach = each === undefined ? () => true : limitPerPath(each);
  let seen = 0;
  return {
    fault,
    hits: (page, { target, path, active }) => {
      if (!pages.includes(page) || !concerns(fault, target)) return false;
      seen += 1;
      return (
        (above === undefined || active > above) &&
        (first === undefined || seen <= first) &&
        (every === undefined || seen % every === 0) &&
        isWithinEach(path) &&
        (rate === undefined || random() < rate)
      );
    },
  };
}

function concerns({ settings: { ids } }: Fault, target: Target): boolean {
  if (ids === undefined) return true;
  if (target.page !== 'comic' && target.page !== 'picture') return false;
  const { number } = target;
  return ids.some(({ from, to }) => number >= from && number <= to);
}

/** Whether a path has come at most `each` times. */
function limitPerPath(each: number): (path: string) => boolean {
  const counts = new LRUCache<string, number>({ max: PATHS_MAX });
  return (path) => {
    const count = (counts.get(path) ?? 0) + 1;
    counts.set(path, count);
    return count <= each;
  };
}
