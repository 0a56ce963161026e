/** This project as a contestant whose files and processor time are looked at from outside. */

import { join } from 'node:path';
import type { Bench } from './bench.js';
import type { Goal, Series } from './figures.js';
import { type Comics, idsOf } from './peers/peer.js';
import { endedChildrenMs, ratiosOf, type TimedContestant } from './processor-time.js';
import type { Site } from './site.js';
import { storedPerSecond } from './stored-comics.js';
import { withSubject } from './subject.js';

/** Names of the contestants in all tables. */
export const RENAME = 'comic-queue, rename';
export const FULL = 'comic-queue, full durability';
const BEFORE = 'comic-queue of --against, rename';

/** The least that is left of the speed of the checkout that this one is measured against. */
const AGAINST_AT_LEAST = 0.85;

export interface OwnWorker {
  readonly name: string;
  readonly durability: 'rename' | 'full';
  readonly processes?: number;
  /** Another checkout's command line. */
  readonly program?: string;
}

/** Queues the comics, then works them in a worker that is started for it and leaves at the end. */
export function ownWorker(
  bench: Bench,
  site: Site,
  comics: Comics,
  { name, durability, processes = 1, program }: OwnWorker,
): TimedContestant {
  const { first, count, concurrency } = comics;
  const slots = ['-c', String(concurrency), '--processes', String(processes)];
  const flags = ['--kinds', 'comics', '--durability', durability, ...slots];
  const measure: TimedContestant['measure'] = async () =>
    withSubject(bench, { site: site.url, program }, async (subject) => {
      await subject.enqueue('comics', `${first}-${first + count - 1}`);
      const before = await endedChildrenMs();
      const worker = subject.start('work', '--drain', ...flags);
      await worker.success();
      const processorMs = ((await endedChildrenMs()) - before) / count;
      const perSecond = await storedPerSecond(join(subject.out, 'comics'), idsOf(comics));
      return { perSecond, processorMs };
    });
  return { name, measure };
}

/** The worker of the checkout that `--against` names, if there is one. */
export function workerBefore(bench: Bench, site: Site, comics: Comics): TimedContestant[] {
  const { against: program } = bench;
  if (program === undefined) return [];
  return [ownWorker(bench, site, comics, { name: BEFORE, durability: 'rename', program })];
}

/** What must be left of that worker's speed. */
export function goalsAgainstBefore(series: readonly Series[], count: number): Goal[] {
  const values = ratiosOf(series, RENAME, BEFORE);
  const what = `${count} comics: against ${BEFORE}`;
  return values.length === 0 ? [] : [{ what, unit: '×', atLeast: AGAINST_AT_LEAST, values }];
}
