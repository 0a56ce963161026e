/** Judges whether a worker grew: the middle of what it held early on against that of the end. */

import type { WorkerEvidence } from './evidence.js';
import type { ProcessSample } from './product-process.js';

/** What a worker may hold more at the end. Memory: as much as P8 allows. */
const GROWTH_MAX = { rssMb: 32, descriptors: 12, sockets: 12 } as const;

const MEASURES = ['rssMb', 'descriptors', 'sockets'] as const;

/** Fewer samples than this, one a second, say nothing. */
const SAMPLES_MIN = 60;

/** The share of samples at the beginning in which a worker is still warming up, and that of each side. */
const WARM_UP = 0.1;
const SIDE = 0.3;

export interface Growth {
  /** What has grown by more than it may. */
  readonly facts: readonly string[];
  /** All that was measured, a line each. */
  readonly figures: readonly string[];
}

/** Judges the worker that lived the longest on a seat. */
export function growthFacts(workers: readonly WorkerEvidence[], seat: string): Growth {
  const [worker] = workers
    .filter(({ name }) => name.startsWith(`${seat} `))
    .toSorted((one, other) => other.samples.length - one.samples.length);
  const samples = worker?.samples ?? [];
  if (samples.length < SAMPLES_MIN) {
    return { facts: [`${seat} was seen ${samples.length} times, which is too few`], figures: [] };
  }
  const warm = samples.slice(Math.floor(samples.length * WARM_UP));
  const side = Math.floor(warm.length * SIDE);
  const judged = MEASURES.map((measure) => {
    const early = middle(warm.slice(0, side), measure);
    const late = middle(warm.slice(-side), measure);
    return { measure, early, late, isTooMuch: late - early > GROWTH_MAX[measure] };
  });
  const figures = judged.map(
    ({ measure, early, late }) =>
      `${seat} ${measure}: ${early.toFixed(0)} at first, ${late.toFixed(0)} in the end`,
  );
  return { facts: figures.filter((_, index) => judged[index]?.isTooMuch), figures };
}

/** The median. */
function middle(samples: readonly ProcessSample[], measure: keyof ProcessSample): number {
  const sorted = samples.map((sample) => sample[measure]).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
