/** Lanes: the queues of a kind. */

import { KIND_NAMES, KINDS, type KindName } from '../kinds/kinds.js';

export interface Lane {
  /** Name of the queue in Redis: `comics` or `comics-baseline`. */
  readonly name: string;
  readonly kind: KindName;
  /** Whether this lane is worked one job at a time across all machines. */
  readonly baseline: boolean;
}

const BASELINE_SUFFIX = '-baseline';

/** The lane that jobs of a kind go to. */
export function laneOf(kind: KindName, baseline: boolean): Lane {
  const { plural } = KINDS[kind];
  return { name: baseline ? `${plural}${BASELINE_SUFFIX}` : plural, kind, baseline };
}

/** Both lanes of a kind: they share its site, so they are limited and paused together. */
export function lanesOf(kind: KindName): readonly [Lane, Lane] {
  return [laneOf(kind, false), laneOf(kind, true)];
}

/** Every lane, in the order of the kinds. */
export const LANES: readonly Lane[] = KIND_NAMES.flatMap(lanesOf);

/** The lane of a name, if there is one. */
export function laneNamed(name: string): Lane | undefined {
  return LANES.find((lane) => lane.name === name);
}

/** The queue whose jobs are runs. */
export const RUNS_QUEUE = 'runs';
