/** This project as a contestant whose files and processor time are looked at from outside. */

import { join } from 'node:path';
import { endedChildrenMs, type TimedContestant } from './processor-time.js';
import type { Bench } from './bench.js';
import { idsOf } from './peers/peer.js';
import type { Site } from './site.js';
import { storedPerSecond } from './stored-comics.js';
import { withSubject } from './subject.js';

/** Names of the contestants in all tables. */
export const RENAME = 'comic-queue, rename';
export const FULL = 'comic-queue, full durability';

export interface Comics {
  readonly first: number;
  readonly count: number;
  readonly concurrency: number;
}

export interface OwnWorker {
  readonly name: string;
  readonly durability: 'rename' | 'full';
  readonly processes?: number;
}

/** Queues the comics, then works them in a worker that is started for it and leaves at the end. */
export function ownWorker(
  bench: Bench,
  site: Site,
  comics: Comics,
  { name, durability, processes = 1 }: OwnWorker,
): TimedContestant {
  const { first, count, concurrency } = comics;
  const flags = ['-c', String(concurrency), '--durability', durability].concat([
    '--processes',
    String(processes),
  ]);
  const measure: TimedContestant['measure'] = async () =>
    withSubject(bench, { site: site.url }, async (subject) => {
      const run = await subject.enqueue('comics', `${first}-${first + count - 1}`);
      const before = await endedChildrenMs();
      const worker = subject.start('work', '--drain', '--kinds', 'comics', ...flags);
      await worker.success();
      const processorMs = ((await endedChildrenMs()) - before) / count;
      await subject.report(run, worker);
      const perSecond = await storedPerSecond(join(subject.out, 'comics'), idsOf(comics));
      return { perSecond, processorMs };
    });
  return { name, measure };
}
