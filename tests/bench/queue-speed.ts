/** How fast a queue is while it is worked. */

import { setTimeout as delay } from 'node:timers/promises';
import type { Subject } from './subject.js';

const LOOK_EVERY_MS = 20;
const START_LIMIT_MS = 60_000;

export interface Window {
  /** From the first completion to the beginning of the window. */
  readonly afterMs: number;
  readonly forMs: number;
}

/** Completions a second within a window of time, by the newest run's count. */
export async function speedOfQueue(subject: Subject, window: Window): Promise<number> {
  const deadline = Date.now() + START_LIMIT_MS;
  while ((await subject.ended()) === 0) {
    if (Date.now() > deadline) throw new Error('No job has ended');
    await delay(LOOK_EVERY_MS);
  }
  await delay(window.afterMs);
  const before = await subject.ended();
  const startedAtMs = performance.now();
  await delay(window.forMs);
  const after = await subject.ended();
  return ((after - before) / (performance.now() - startedAtMs)) * 1000;
}
