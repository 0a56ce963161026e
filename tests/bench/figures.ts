/** What a case hands over: measured series, and the goals they are held against. */

import { spreadOf, type Spread } from './statistics.js';

/** What one contestant did, one value a repeat. */
export interface Series {
  readonly contestant: string;
  readonly unit: string;
  readonly values: readonly number[];
  /** Processor time of the contestant's processes for each comic, in ms, one value a repeat. */
  readonly processorMs?: readonly number[];
}

/** A figure to reach. */
export interface Goal {
  readonly what: string;
  /** Printed behind a value: `×`, `ms`, ` jobs/s`; empty for a share. */
  readonly unit: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  /** One value a repeat. */
  readonly values: readonly number[];
}

export interface Missing {
  readonly what: string;
  readonly why: string;
}

export interface Figures {
  /** Whether the series are contestants: then the first is set against each other one. */
  readonly contest?: boolean;
  readonly series: readonly Series[];
  readonly goals: readonly Goal[];
  readonly missing?: readonly Missing[];
  /** What a reader must know to judge the numbers. */
  readonly remarks?: readonly string[];
}

export interface Judgement extends Spread {
  readonly reached: boolean;
}

/** The median decides; a goal that nothing was measured for has no judgement. */
export function judge(goal: Goal): Judgement | undefined {
  if (goal.values.length === 0) return undefined;
  const spread = spreadOf(goal.values);
  const { atLeast = -Infinity, atMost = Infinity } = goal;
  return { ...spread, reached: spread.median >= atLeast && spread.median <= atMost };
}
