/** Runs a lane at the concurrency that the measured intervals lead to: `-c auto`. */

import { pauseFor } from '../shared/base/wait.js';
import { AUTO_START, initialState, nextState, type AutoState } from './auto-concurrency.js';
import type { LaneWorker } from './lane-worker.js';

/** An interval lasts at least this long … */
const INTERVAL_MIN_MS = 500;

/** … and until each slot has ended this many jobs, but no longer than its bound. */
const ENDS_PER_SLOT = 4;
const INTERVAL_MAX_MS = 3000;

const LOOK_EVERY_MS = 50;

/** Slots that were in use by this share count as all in use. */
const SATURATED_SHARE = 0.85;

export interface TunerTerms {
  readonly worker: LaneWorker;
  readonly concurrencyMax: number;
  readonly signal: AbortSignal;
}

/** Tunes a lane until the signal aborts. */
export async function tuneLane({ worker, concurrencyMax, signal }: TunerTerms): Promise<void> {
  let state: AutoState = initialState();
  worker.concurrency = Math.min(AUTO_START, concurrencyMax);
  while (!signal.aborted) {
    const interval = await measure(worker, signal);
    state = nextState(state, interval, concurrencyMax);
    if (worker.concurrency !== state.concurrency) worker.concurrency = state.concurrency;
  }
}

async function measure(worker: LaneWorker, signal: AbortSignal) {
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
    // A refusal pauses the lane: what would follow is not worth measuring.
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
