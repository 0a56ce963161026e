/** What was typed after `demo`. */

import { requireCount } from '../arguments/count.js';

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
