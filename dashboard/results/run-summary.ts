/** What the reports of several runs say together. */

import { OUTCOMES, type Outcome } from '../../shared/base/outcome.js';
import type { Report } from '../../shared/report/report.js';

export type Counts = Readonly<Record<string, number>>;

export interface KindSummary {
  readonly kind: string;
  readonly runs: number;
  readonly ended: number;
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>;
}

export interface RunSummary {
  readonly runs: number;
  readonly ended: number;
  readonly bytes: number;
  readonly kinds: readonly KindSummary[];
  /** Most frequent first, as are the next two. */
  readonly statuses: readonly Counted[];
  readonly reasons: readonly Counted[];
  readonly retries: readonly Counted[];
}

export interface Counted {
  readonly name: string;
  readonly count: number;
}

/** Adds reports up. */
export function summaryOf(reports: readonly Report[]): RunSummary {
  const kinds = [...new Set(reports.map(({ kind }) => kind))];
  return {
    runs: reports.length,
    ended: total(reports.map(({ ended }) => ended)),
    bytes: total(reports.map(({ bytes }) => bytes)),
    kinds: kinds.map((kind) => kindSummary(reports, kind)),
    statuses: added(reports.map(({ statuses }) => statuses)),
    reasons: added(reports.map(({ reasons }) => reasons)),
    retries: added(reports.map(({ retries }) => retries)),
  };
}

function kindSummary(reports: readonly Report[], kind: string): KindSummary {
  const own = reports.filter((report) => report.kind === kind);
  const outcomes = OUTCOMES.map(
    (outcome) => [outcome, total(own.map((report) => report.outcomes[outcome] ?? 0))] as const,
  );
  return {
    kind,
    runs: own.length,
    ended: total(own.map(({ ended }) => ended)),
    outcomes: Object.fromEntries(outcomes.filter(([, count]) => count > 0)),
  };
}

function added(all: readonly Counts[]): Counted[] {
  const sums = new Map<string, number>();
  for (const [name, count] of all.flatMap((counts) => Object.entries(counts))) {
    sums.set(name, (sums.get(name) ?? 0) + count);
  }
  return [...sums].map(([name, count]) => ({ name, count })).toSorted((a, b) => b.count - a.count);
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
