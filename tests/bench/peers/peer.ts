/** What somebody would use instead: a program that fetches the same comics into a directory. */

import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { inDirectory, type Bench } from '../bench.js';
import type { Contestant } from '../interleaving.js';
import { endedChildrenMs, type Measured, type TimedContestant } from '../processor-time.js';
import type { Site } from '../site.js';
import { storedPerSecond } from '../stored-comics.js';

/** What is fetched, and how much of it at a time. */
export interface Comics {
  readonly first: number;
  readonly count: number;
  readonly concurrency: number;
}

/** The same for all peers. */
export interface PeerTask extends Comics {
  /** Of the origin, without a slash at the end. */
  readonly site: string;
  /** Directory that is there and empty; each comic becomes `<out>/<id>.json`. */
  readonly out: string;
}

export interface Peer {
  readonly name: string;
  /** Does the task in a process of its own; resolves with the seconds it took. */
  run(bench: Bench, task: PeerTask, directory: string): Promise<number>;
}

/** A peer as a contestant, measured in comics a second; none may be missing. */
export function peerContestant(bench: Bench, peer: Peer, site: Site, comics: Comics): Contestant {
  return {
    name: peer.name,
    measure: async () =>
      withTask(bench, site, comics, async (task, directory) => {
        const seconds = await peer.run(bench, task, directory);
        const kept = await readdir(task.out);
        if (kept.length !== task.count) {
          throw new Error(`${peer.name} kept ${kept.length} of ${task.count} comics`);
        }
        return task.count / seconds;
      }),
  };
}

/** A peer whose files and processor time are looked at from outside, like those of our own worker. */
export function timedPeer(bench: Bench, peer: Peer, site: Site, comics: Comics): TimedContestant {
  const measure: TimedContestant['measure'] = async () =>
    withTask(bench, site, comics, async (task, directory) =>
      measureTask(task, async () => peer.run(bench, task, directory)),
    );
  return { name: peer.name, measure };
}

/** Runs `use` with a task whose directories are its own. */
export async function withTask<T>(
  bench: Bench,
  site: Site,
  comics: Comics,
  use: (task: PeerTask, directory: string) => Promise<T>,
): Promise<T> {
  return inDirectory(bench, async (directory) => {
    const task = { ...comics, site: site.url, out: join(directory, 'out') };
    await mkdir(task.out);
    return use(task, directory);
  });
}

/** Measures `work`, which does a task in processes that end with it, by its files and processor time. */
export async function measureTask(task: PeerTask, work: () => Promise<unknown>): Promise<Measured> {
  const before = await endedChildrenMs();
  await work();
  const processorMs = ((await endedChildrenMs()) - before) / task.count;
  return { perSecond: await storedPerSecond(task.out, idsOf(task)), processorMs };
}

export function urlOfComic(task: Pick<PeerTask, 'site'>, id: number): string {
  return `${task.site}/${id}/info.0.json`;
}

/** The numbers of a task's comics. */
export function idsOf({ first, count }: Pick<Comics, 'first' | 'count'>): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

const Said = z.object({ seconds: z.number().positive() });

/** Reads what peers of our own print: `{"seconds": 1.23}`. */
export function saidSeconds(stdout: string): number {
  return Said.parse(JSON.parse(stdout)).seconds;
}
