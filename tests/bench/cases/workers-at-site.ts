/** How throughput grows with worker processes where the site is the limit. */

import { repeatOfLong, sized, type Bench, type BenchCase } from '../bench.js';
import { interleave } from '../interleaving.js';
import type { Site } from '../site.js';
import { FIRST_COMIC, remarkOn, startSite } from '../sites.js';
import { pairedRatios } from '../statistics.js';
import { speedOf, workOneRun } from '../subject.js';

const PROCESSES = [1, 2, 4, 8] as const;

/** Eight of them give 400 comics a second at most: a fraction of what two cores can take. */
const CONCURRENCY = 25;
const LATENCY_MS = 500;

/** For one process; each has as many. */
const COMICS = 500;

export const workersAtSite: BenchCase = {
  name: 'workers-at-site',
  title:
    'One, two, four and eight worker processes, 25 at a time each, at an origin that takes 500 ms',
  method:
    'Throughput of the run as its own report has it, with full durability; each process has the same number of comics. The site is the limit: one process could give 50 comics a second, eight 400.',
  measure: async (bench) => {
    const site = await startSite(bench, LATENCY_MS);
    try {
      const contestants = PROCESSES.map((processes) => contestant(bench, site, processes));
      const values = await interleave(bench, repeatOfLong(bench), contestants);
      const measured = [...values];
      const [, one = []] = measured[0] ?? [];
      const [, eight = []] = measured.at(-1) ?? [];
      return {
        series: measured.map(([name, its]) => ({
          contestant: name,
          unit: 'comics/s',
          values: its,
        })),
        goals: [
          {
            what: 'eight worker processes against one, where the site is the limit',
            unit: '×',
            atLeast: 7,
            values: pairedRatios(eight, one),
          },
        ],
        remarks: [remarkOn(site)],
      };
    } finally {
      await site.stop();
    }
  },
};

function contestant(
  bench: Bench,
  site: Site,
  processes: number,
): { name: string; measure: () => Promise<number> } {
  const last = FIRST_COMIC + sized(bench, COMICS, 50) * processes - 1;
  const jobs = ['comics', `${FIRST_COMIC}-${last}`];
  const worker = ['--kinds', 'comics', '-c', String(CONCURRENCY), '--processes', String(processes)];
  return {
    name: processes === 1 ? 'one process' : `${processes} processes`,
    measure: async () => speedOf(await workOneRun(bench, { site: site.url }, { jobs, worker })),
  };
}
