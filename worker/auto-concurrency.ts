/**
 * Finds the concurrency at which a queue's throughput stops growing, and gives way when the site
 * refuses or slows down.
 *
 * It doubles while doubling pays, then probes upwards in steps of a quarter and goes back when a
 * step does not pay. After a refusal (429) it returns to the highest concurrency that ran without
 * one, and waits longer each time before it tries to pass that mark again, so that a site which
 * allows twenty at once sees few more. When throughput falls although nothing was changed, it gives
 * up a fifth.
 *
 * `nextState` decides, a pure step from one state and one measured interval to the next state;
 * `tuneQueue` measures, and sets what was decided.
 */

import { pauseFor } from '../shared/base/wait.js';

/** Where it starts. */
export const AUTO_START = 4;

/** Doubling goes on while throughput grows by this much. */
const DOUBLING_PAYS = 1.35;

/** A probe has paid when it brought this share of what a perfect site would have given. */
const PROBE_PAYS_SHARE = 0.25;

/** A twentieth more is the least that counts as more. */
const PAYS_AT_ALL = 1.05;

const PROBE_SHARE = 0.25;

/** Throughput below this share of what the same concurrency gave before means that the site is slower. */
const SLOWED_SHARE = 0.7;
const GIVE_WAY = 0.8;

/** Intervals before the next probe; doubles with each one that does not pay. */
const HOLD_INTERVALS = 4;
const HOLD_INTERVALS_MAX = 16;

/** Intervals before a mark at which the site refused is tried again; doubles with each refusal. */
const REFUSED_HOLD_INTERVALS = 40;
const REFUSED_HOLD_INTERVALS_MAX = 1280;

/** An interval lasts at least this long … */
const INTERVAL_MIN_MS = 500;

/** … and until each slot has ended this many jobs, but no longer than its bound. */
const ENDS_PER_SLOT = 4;
const INTERVAL_MAX_MS = 3000;

const LOOK_EVERY_MS = 50;

/** Slots that were in use by this share count as all in use. */
const SATURATED_SHARE = 0.85;

/** What is tuned: a queue's worker. */
interface TunedWorker {
  /** Jobs at once. */
  concurrency: number;
  /** Jobs under way. */
  activeCount(): number;
  /** Attempts that have ended so far, and refusals among them. */
  progress(): { readonly ended: number; readonly refusals: number };
}

export interface TuneOptions {
  /** Jobs at once at most. */
  readonly concurrencyMax: number;
  /** Called after each change, with the throughput measured before it. */
  readonly onStep?: (before: number, after: number, perSecond: number) => void;
}

/** Tunes a queue until the signal aborts. */
export async function tuneQueue(
  worker: TunedWorker,
  { concurrencyMax, onStep }: TuneOptions,
  signal: AbortSignal,
): Promise<void> {
  let state = initialState();
  worker.concurrency = Math.min(AUTO_START, concurrencyMax);
  while (!signal.aborted) {
    const interval = await measure(worker, signal);
    state = nextState(state, interval, concurrencyMax);
    const { concurrency: before } = worker;
    if (before === state.concurrency || signal.aborted) continue;
    worker.concurrency = state.concurrency;
    onStep?.(before, state.concurrency, interval.perSecond);
  }
}

async function measure(worker: TunedWorker, signal: AbortSignal): Promise<Interval> {
  const before = worker.progress();
  const startedAtMs = performance.now();
  let looks = 0;
  let inUse = 0;
  const wanted = worker.concurrency * ENDS_PER_SLOT;
  while (await pauseFor(LOOK_EVERY_MS, signal)) {
    looks += 1;
    inUse += worker.activeCount();
    const elapsedMs = performance.now() - startedAtMs;
    const ended = worker.progress().ended - before.ended;
    if (elapsedMs >= INTERVAL_MAX_MS) break;
    if (elapsedMs >= INTERVAL_MIN_MS && ended >= wanted) break;
    // A refusal pauses the queue: what would follow is not worth measuring.
    if (worker.progress().refusals > before.refusals) break;
  }
  const after = worker.progress();
  const seconds = (performance.now() - startedAtMs) / 1000;
  return {
    perSecond: (after.ended - before.ended) / seconds,
    refusals: after.refusals - before.refusals,
    saturated: looks > 0 && inUse / looks >= worker.concurrency * SATURATED_SHARE,
  };
}

export interface AutoState {
  readonly concurrency: number;
  readonly phase: 'doubling' | 'trimming' | 'probing' | 'holding';
  /** Concurrency and throughput before the change that is being tried. */
  readonly base: { readonly concurrency: number; readonly perSecond: number } | undefined;
  /** Highest concurrency that ran an interval without a refusal. */
  readonly good: number;
  /** Lowest concurrency at which the site refused. */
  readonly ceiling: number;
  readonly holdLeft: number;
  readonly holdNext: number;
  readonly refusedHoldNext: number;
}

/** One measured interval. */
export interface Interval {
  readonly perSecond: number;
  /** Refusals (429) in it. */
  readonly refusals: number;
  /** Whether all slots were in use: otherwise it says nothing about the concurrency. */
  readonly saturated: boolean;
}

export function initialState(): AutoState {
  return {
    concurrency: AUTO_START,
    phase: 'doubling',
    base: undefined,
    good: 1,
    ceiling: Number.POSITIVE_INFINITY,
    holdLeft: 0,
    holdNext: HOLD_INTERVALS,
    refusedHoldNext: REFUSED_HOLD_INTERVALS,
  };
}

/** The state after an interval; `concurrency` of it is what to run next, at most `max`. */
export function nextState(state: AutoState, interval: Interval, max: number): AutoState {
  const next = react(state, interval);
  return { ...next, concurrency: Math.max(1, Math.min(next.concurrency, max)) };
}

function react(state: AutoState, interval: Interval): AutoState {
  if (interval.refusals > 0) return afterRefusal(state);
  if (!interval.saturated) return state;
  const good = Math.max(state.good, state.concurrency);
  const seen = { ...state, good };
  switch (state.phase) {
    case 'doubling':
      return afterDoubling(seen, interval.perSecond);
    case 'trimming':
      return afterTrim(seen, interval.perSecond);
    case 'probing':
      return afterProbe(seen, interval.perSecond);
    case 'holding':
      return whileHolding(seen, interval.perSecond);
  }
}

function afterRefusal(state: AutoState): AutoState {
  const fallback = Math.floor(state.concurrency * GIVE_WAY);
  const concurrency = state.good < state.concurrency ? state.good : fallback;
  return {
    ...state,
    concurrency: Math.max(1, concurrency),
    good: Math.max(1, Math.min(state.good, concurrency)),
    ceiling: state.concurrency,
    base: undefined,
    phase: 'holding',
    // The first refusal is met while doubling, far above the mark: the way up to it is open.
    holdLeft: state.phase === 'doubling' ? 1 : state.refusedHoldNext,
    refusedHoldNext:
      state.phase === 'doubling'
        ? state.refusedHoldNext
        : Math.min(state.refusedHoldNext * 2, REFUSED_HOLD_INTERVALS_MAX),
  };
}

function afterDoubling(state: AutoState, perSecond: number): AutoState {
  const { base, concurrency } = state;
  if (base !== undefined && perSecond < base.perSecond * DOUBLING_PAYS) {
    return trim(state, base, { concurrency, perSecond });
  }
  const doubled = concurrency * 2;
  if (doubled >= state.ceiling) return settle(state, { concurrency, perSecond });
  return { ...state, concurrency: doubled, base: { concurrency, perSecond } };
}

/** The knee lies between the last two: half way, unless the larger one brought nothing at all. */
function trim(
  state: AutoState,
  smaller: NonNullable<AutoState['base']>,
  larger: NonNullable<AutoState['base']>,
): AutoState {
  if (larger.perSecond < smaller.perSecond * PAYS_AT_ALL) return settle(state, smaller);
  const middle = Math.ceil((smaller.concurrency + larger.concurrency) / 2);
  return { ...state, phase: 'trimming', concurrency: middle, base: larger };
}

function afterTrim(state: AutoState, perSecond: number): AutoState {
  const { base, concurrency } = state;
  return base !== undefined && base.perSecond > perSecond * PAYS_AT_ALL
    ? settle(state, base)
    : settle(state, { concurrency, perSecond });
}

function afterProbe(state: AutoState, perSecond: number): AutoState {
  const { base, concurrency } = state;
  if (base === undefined) return settle(state, { concurrency, perSecond });
  const wanted = 1 + (concurrency / base.concurrency - 1) * PROBE_PAYS_SHARE;
  if (perSecond >= base.perSecond * wanted) {
    return probe({ ...state, holdNext: HOLD_INTERVALS }, { concurrency, perSecond });
  }
  return {
    ...settle(state, base),
    holdNext: Math.min(state.holdNext * 2, HOLD_INTERVALS_MAX),
  };
}

function whileHolding(state: AutoState, perSecond: number): AutoState {
  const { base, concurrency } = state;
  if (base !== undefined && perSecond < base.perSecond * SLOWED_SHARE) {
    const less = Math.max(1, Math.floor(concurrency * GIVE_WAY));
    return { ...settle(state, { concurrency: less, perSecond }), base: undefined };
  }
  if (state.holdLeft > 0) {
    return { ...state, holdLeft: state.holdLeft - 1, base: base ?? { concurrency, perSecond } };
  }
  return probe(state, { concurrency, perSecond });
}

function probe(state: AutoState, base: NonNullable<AutoState['base']>): AutoState {
  const step = Math.max(1, Math.round(base.concurrency * PROBE_SHARE));
  const mark = base.concurrency < state.ceiling - 1 ? state.ceiling - 1 : state.ceiling;
  return {
    ...state,
    phase: 'probing',
    base,
    concurrency: Math.min(base.concurrency + step, Math.max(mark, base.concurrency)),
  };
}

function settle(state: AutoState, at: NonNullable<AutoState['base']>): AutoState {
  return {
    ...state,
    phase: 'holding',
    concurrency: at.concurrency,
    base: at,
    holdLeft: state.holdNext,
  };
}
