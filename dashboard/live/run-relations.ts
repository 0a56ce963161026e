/** How runs belong together: retries and what they mended, and the passes of one comparison. */

import { countFailed } from '../../shared/base/outcome.js';
import type { ListedRun } from './listed-run.js';

export interface Relations {
  /** Runs that try again what failed in this one, oldest first. */
  readonly retries: readonly ListedRun[];
  /** The other runs of the same comparison, oldest first. */
  readonly group: readonly ListedRun[];
  readonly mended: Mended | undefined;
}

/** What the retries of a run have come to. */
export interface Mended {
  /** Jobs of the run that failed, and have failed in every retry since. */
  readonly left: number;
  /** The retry that left the fewest. */
  readonly by: number;
}

/** What is known of a run from the others. */
export function relationsOf(number: number, listed: readonly ListedRun[]): Relations {
  const own = listed.find(({ run }) => run.number === number);
  const group = own?.run.group ?? 0;
  return {
    retries: retriesOf(number, listed),
    group:
      group === 0
        ? []
        : inOrder(listed.filter(({ run }) => run.group === group && run.number !== number)),
    mended: mendedOf(number, listed),
  };
}

function retriesOf(number: number, listed: readonly ListedRun[]): ListedRun[] {
  return inOrder(listed.filter(({ run }) => run.retryOf === number));
}

/** A retry has a job for each input that failed: what failed in it, and in its own retries, is left. */
function mendedOf(number: number, listed: readonly ListedRun[]): Mended | undefined {
  let best: Mended | undefined;
  for (const { run, report } of retriesOf(number, listed)) {
    if (report?.state !== 'ended') continue;
    const left = mendedOf(run.number, listed)?.left ?? countFailed(report.outcomes);
    if (best === undefined || left < best.left) best = { left, by: run.number };
  }
  return best;
}

function inOrder(runs: readonly ListedRun[]): ListedRun[] {
  return runs.toSorted((a, b) => a.run.number - b.run.number);
}
