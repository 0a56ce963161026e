/** What was typed after `demo`. */

import { MISSING_NUMBER } from '../../origin/catalogue.js';
import { LATEST_DEFAULT } from '../../origin/options.js';
import { requireCount } from '../arguments/count.js';

/** A warm-up waits no longer than this for a slow site. */
const WARM_UP_WAIT_MS_MAX = 10_000;

export interface DemoFlags {
  readonly words: readonly string[];
  readonly concurrency?: string | undefined;
  readonly latency?: string | undefined;
  readonly repeat?: string | undefined;
  readonly keepOpen?: true | undefined;
  readonly json?: true | undefined;
}

export interface DemoRequest {
  readonly words: readonly string[];
  readonly concurrency: number;
  readonly latencyMs: number;
  readonly passes: number;
}

/** @throws CommandError (usage) that names the option. */
export function demoRequestOf({ words, concurrency, latency, repeat }: DemoFlags): DemoRequest {
  return {
    words: words.length === 0 ? ['1-200'] : words,
    concurrency: requireCount('--concurrency', concurrency ?? '50', { min: 1, max: 10_000 }),
    latencyMs: requireCount('--latency', latency ?? '50', { min: 0, max: 60_000 }),
    passes: requireCount('--repeat', repeat ?? '5', { min: 1, max: 1000 }),
  };
}

/**
 * The comics of the warm-up: all that the stand-in has, so many it takes until the engine has
 * compiled what a job runs through (the first 200 jobs cost three times the processor time of later
 * ones). Each once: a comic stored again would free a file, which slows down the passes (see
 * `SetAside`).
 */
export function warmUpWords({ concurrency, latencyMs }: DemoRequest): readonly string[] {
  const inTime = Math.floor((concurrency * WARM_UP_WAIT_MS_MAX) / Math.max(latencyMs, 1));
  const last = Math.min(Math.max(inTime, 1), LATEST_DEFAULT);
  const before = `1-${Math.min(last, MISSING_NUMBER - 1)}`;
  return last <= MISSING_NUMBER ? [before] : [before, `${MISSING_NUMBER + 1}-${last}`];
}
