/** Latency: answers are held back, never shorter than asked for. */

import type { ServerResponse } from 'node:http';
import type { Random } from './random.js';

/** What the latency of one site is made of. */
export interface Latency {
  readonly latencyMs: number;
  /** The most that is added to it, uniformly. */
  readonly jitterMs: number;
}

/** How long the next answer is held back. */
export function nextHoldMs(latency: Latency, random: Random): number {
  return latency.latencyMs + (latency.jitterMs === 0 ? 0 : random() * latency.jitterMs);
}

/**
 * Calls `then` as soon as `untilMs` of `performance.now()` has come, not before, unless the
 * connection closes first. A timer of Node may fire up to a millisecond early, because the event
 * loop's clock counts whole ones: then it is set once more.
 */
export function holdBack(response: ServerResponse, untilMs: number, then: () => void): void {
  let timer: NodeJS.Timeout;
  const arm = (waitMs: number): void => {
    timer = setTimeout(() => {
      const leftMs = untilMs - performance.now();
      if (leftMs > 0) arm(leftMs);
      else then();
    }, Math.ceil(waitMs));
  };
  arm(untilMs - performance.now());
  response.once('close', () => clearTimeout(timer));
}
