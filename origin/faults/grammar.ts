/**
 * The words in which faults are asked for:
 *
 *     429:rate=0.01,retry-after=2;stall:ids=1-5+9;503:each=1,retry-after="Wed, 21 Oct 2026 07:28:00 GMT";limit=20
 *
 * Commas and semicolons separate; a fault's name starts a fault, a colon or a separator leads to its
 * options; `limit=N` is a fault with its value.
 */

import { CommandError, EXIT } from '../../shared/base/errors.js';
import { safeText } from '../../shared/base/safe-text.js';
import { createRandom, type Random } from '../comics.js';
import type { Target } from '../routes.js';
import { FaultSettings, OPTION_MEANINGS, SELECTING_OPTIONS, type Site } from './select.js';
import { faultKind, type FaultName, FAULTS, isFaultName } from './table.js';

/** One fault as it was asked for. */
export interface Fault {
  readonly name: FaultName;
  readonly settings: FaultSettings;
}

interface Draft {
  readonly name: FaultName;
  readonly options: Record<string, string>;
}

/** A part of the text between separators: pieces in quotes may hold any of them. */
const TOKEN = /(?:[^,;"]|"[^"]*")+/g;
const OPTION = /^([a-z-]+)=(.*)$/s;
const LIMIT = 'limit';

/**
 * The faults of a text, in its order; none for a blank one.
 * @throws CommandError (usage) that names the part that is wrong and says what is allowed.
 */
export function parseFaults(text: string): Fault[] {
  if ((text.split('"').length - 1) % 2 === 1) throw wrong(text, 'a quote is not closed');
  const drafts: Draft[] = [];
  for (const match of text.matchAll(TOKEN)) {
    const token = match[0].trim();
    if (token !== '') addToken(drafts, token);
  }
  return drafts.map(checked);
}

/** Takes a token as the start of a fault or as an option of the one before. */
function addToken(drafts: Draft[], token: string): void {
  const [, option, value] = OPTION.exec(token) ?? [];
  if (option === undefined || value === undefined) {
    drafts.push(started(token));
  } else if (option === LIMIT) {
    drafts.push({ name: LIMIT, options: { limit: unquoted(value) } });
  } else {
    const draft = drafts.at(-1);
    if (draft === undefined) throw wrong(token, 'an option needs a fault before it');
    addOption(draft, token, option, value);
  }
}

/** A fault by its name, with its first option if there is a colon. */
function started(token: string): Draft {
  const colon = token.indexOf(':');
  const name = colon === -1 ? token : token.slice(0, colon).trim();
  if (!isFaultName(name)) {
    throw wrong(token, `there is no such fault; there are ${Object.keys(FAULTS).join(', ')}`);
  }
  const draft: Draft = { name, options: {} };
  if (colon === -1) return draft;
  const [, option, value] = OPTION.exec(token.slice(colon + 1).trim()) ?? [];
  if (option === undefined || value === undefined) {
    throw wrong(token, `after the colon goes an option; ${allowedOptions(name)}`);
  }
  addOption(draft, token, option, value);
  return draft;
}

function addOption(draft: Draft, token: string, option: string, value: string): void {
  const { options } = faultKind(draft.name);
  if (![...SELECTING_OPTIONS, ...options].some((allowed) => allowed === option)) {
    throw wrong(token, `there is no such option; ${allowedOptions(draft.name)}`);
  }
  if (Object.hasOwn(draft.options, option)) throw wrong(token, 'the option was given before');
  draft.options[option] = unquoted(value);
}

function checked({ name, options }: Draft): Fault {
  const parsed = FaultSettings.safeParse(options);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const option = String(issue?.path[0] ?? '');
    throw wrong(`${name}:${option}=${options[option] ?? ''}`, issue?.message ?? 'it is wrong');
  }
  const settings = parsed.data;
  const { sites } = faultKind(name);
  if (name === LIMIT && settings.limit === undefined) {
    throw wrong(name, `it needs its number, as in ${LIMIT}=20`);
  }
  const only = settings.only === 'latest' ? 'comics' : settings.only;
  if (only !== undefined && !sites.includes(only)) {
    throw wrong(`${name}:only=${settings.only}`, `it is a fault of ${sites.join(' and ')} only`);
  }
  return { name, settings };
}

function unquoted(value: string): string {
  return value.trim().replaceAll('"', '');
}

function allowedOptions(name: FaultName): string {
  const names = [...SELECTING_OPTIONS, ...faultKind(name).options];
  return `${name} takes ${names.map((option) => OPTION_MEANINGS[option].split(':', 1)[0]).join(', ')}`;
}

function wrong(token: string, fact: string): CommandError {
  return new CommandError(EXIT.usage, `Cannot use the fault "${safeText(token)}": ${fact}`);
}

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
