/** What somebody would use instead: a program that fetches the same comics into a directory. */

import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { inDirectory, type Bench } from '../bench.js';
import type { Contestant } from '../interleaving.js';
import { endedChildrenMs, type TimedContestant } from '../processor-time.js';
import type { Site } from '../site.js';
import { storedPerSecond } from '../stored-comics.js';

/** The same for all peers. */
export interface PeerTask {
  /** Of the origin, without a slash at the end. */
  readonly site: string;
  readonly first: number;
  readonly count: number;
  readonly concurrency: number;
  /** Directory that is there and empty; each comic becomes `<out>/<id>.json`. */
  readonly out: string;
}

export interface Peer {
  readonly name: string;
  /** Does the task in a process of its own; resolves with the seconds it took. */
  run(bench: Bench, task: PeerTask, directory: string): Promise<number>;
}

/** A peer as a contestant, measured in comics a second; none may be missing. */
export function peerContestant(
  bench: Bench,
  peer: Peer,
  site: Site,
  task: Pick<PeerTask, 'first' | 'count' | 'concurrency'>,
): Contestant {
  return {
    name: peer.name,
    measure: async () =>
      inDirectory(bench, async (directory) => {
        const out = join(directory, 'out');
        await mkdir(out);
        const seconds = await peer.run(bench, { ...task, site: site.url, out }, directory);
        const kept = await readdir(out);
        if (kept.length !== task.count) {
          throw new Error(`${peer.name} kept ${kept.length} of ${task.count} comics`);
        }
        return task.count / seconds;
      }),
  };
}

/** A peer whose files and processor time are looked at from outside, like those of our own worker. */
export function timedPeer(
  bench: Bench,
  peer: Peer,
  site: Site,
  comics: Pick<PeerTask, 'first' | 'count' | 'concurrency'>,
): TimedContestant {
  const measure: TimedContestant['measure'] = async () =>
    inDirectory(bench, async (directory) => {
      const task = { ...comics, site: site.url, out: join(directory, 'out') };
      await mkdir(task.out);
      const before = await endedChildrenMs();
      await peer.run(bench, task, directory);
      const processorMs = ((await endedChildrenMs()) - before) / task.count;
      return { perSecond: await storedPerSecond(task.out, idsOf(task)), processorMs };
    });
  return { name: peer.name, measure };
}

export function urlOfComic(task: Pick<PeerTask, 'site'>, id: number): string {
  return `${task.site}/${id}/info.0.json`;
}

/** The numbers of a task's comics. */
export function idsOf({ first, count }: Pick<PeerTask, 'first' | 'count'>): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

const Said = z.object({ seconds: z.number().positive() });

/** Reads what peers of our own print: `{"seconds": 1.23}`. */
export function saidSeconds(stdout: string): number {
  return Said.parse(JSON.parse(stdout)).seconds;
}
