/** Whether a worker grows with what it has done. */

import { setTimeout as delay } from 'node:timers/promises';
import { sized, type Bench, type BenchCase } from '../bench.js';
import { residentBytes } from '../memory.js';
import type { RunningProcess } from '../processes.js';
import type { Site } from '../site.js';
import { FIRST_COMIC, startSite } from '../sites.js';
import { spreadOf } from '../statistics.js';
import { withSubject } from '../subject.js';

const LOOKS = 10;
const LOOK_EVERY_MS = 500;

export const workerMemory: BenchCase = {
  name: 'worker-memory',
  title: 'Memory of a worker after many jobs',
  method:
    'One worker fetches and keeps comics, each another one, 50 at a time from a stand-in without latency. Its resident memory is looked at over some seconds of idleness after a tenth of them and after all; the median counts.',
  measure: async (bench) => {
    const all = sized(bench, 200_000, 600);
    const site = await startSite(bench, 0);
    try {
      const { early, late } = await grow(bench, site, all);
      return {
        series: [
          { contestant: `after ${all} comics`, unit: 'MB', values: [late / 1e6] },
          { contestant: `after ${all / 10} comics`, unit: 'MB', values: [early / 1e6] },
        ],
        goals: [
          {
            what: `memory of a worker after ${all} jobs against after ${all / 10}`,
            unit: '×',
            atMost: 1.2,
            values: [late / early],
          },
        ],
      };
    } finally {
      await site.stop();
    }
  },
};

async function grow(
  bench: Bench,
  site: Site,
  all: number,
): Promise<{ early: number; late: number }> {
  const tenth = all / 10;
  return withSubject(bench, { site: site.url }, async (subject) => {
    const worker = subject.start('work', '--kinds', 'comics', '-c', '50', '--durability', 'rename');
    const selection = (first: number, last: number): string =>
      `${FIRST_COMIC + first}-${FIRST_COMIC + last}`;
    const some = await subject.enqueue('comics', selection(0, tenth - 1));
    await subject.report(some, worker);
    const early = await idleMemory(bench, worker);
    const rest = await subject.enqueue('comics', selection(tenth, all - 1));
    await subject.report(rest, worker);
    const late = await idleMemory(bench, worker);
    await worker.end();
    return { early, late };
  });
}

async function idleMemory(bench: Bench, worker: RunningProcess): Promise<number> {
  const values: number[] = [];
  for (let look = 0; look < sized(bench, LOOKS, 2); look += 1) {
    await delay(LOOK_EVERY_MS);
    values.push(await residentBytes(worker.pid));
  }
  return spreadOf(values).median;
}
