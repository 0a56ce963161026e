/** The document of a whole run: what is written as JSON and what the tables are made of. */

import { judge, type Figures, type Judgement } from './figures.js';
import type { Machine } from './machine.js';

export interface CaseReport extends Figures {
  readonly name: string;
  readonly title: string;
  readonly method: string;
  readonly seconds: number;
  /** Why there are no figures, where the case could not be measured. */
  readonly error?: string;
  readonly judgements: readonly (Judgement | null)[];
}

export interface BenchReport {
  readonly startedAt: string;
  readonly quick: boolean;
  readonly repeat: number;
  readonly machine: Machine;
  readonly cases: readonly CaseReport[];
}

/** Adds the judgements to the figures of a case. */
export function caseReport(
  about: Pick<CaseReport, 'name' | 'title' | 'method' | 'seconds'>,
  figures: Figures,
): CaseReport {
  return { ...about, ...figures, judgements: figures.goals.map((goal) => judge(goal) ?? null) };
}

/** A case that could not be measured. */
export function failedCase(
  about: Pick<CaseReport, 'name' | 'title' | 'method' | 'seconds'>,
  error: string,
): CaseReport {
  return { ...about, series: [], goals: [], judgements: [], error };
}
