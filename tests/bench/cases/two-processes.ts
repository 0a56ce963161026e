/** Whether a second worker process doubles what one does. */

import { repeatOfLong, sized, type Bench, type BenchCase } from '../bench.js';
import type { Figures, Goal } from '../figures.js';
import { interleave } from '../interleaving.js';
import type { Site } from '../site.js';
import { FIRST_COMIC, remarkOn, startSite } from '../sites.js';
import { pairedRatios } from '../statistics.js';
import { speedOf, workOneRun } from '../subject.js';

const CONCURRENCY = 100;

interface Shape {
  readonly latencyMs: number;
  /** For one process; two get twice as many. */
  readonly comics: number;
}

/** At 50 ms the site would give 4,000 comics a second, which is more than two cores can take. */
const AT_THE_PROCESSOR: Shape = { latencyMs: 50, comics: 5000 };

/** At 500 ms it gives 400: there it is the limit, with room for the machine's bad moments. */
const AT_THE_SITE: Shape = { latencyMs: 500, comics: 2000 };

export const twoProcesses: BenchCase = {
  name: 'two-processes',
  title: 'Two worker processes against one, 100 at a time each, at origins that take 50 and 500 ms',
  method:
    'Throughput of the run as its own report has it, with full durability; two processes get twice the comics. Origin, Redis and workers share the machine: at 50 ms its cores are the limit, at 500 ms it is the site.',
  measure: async (bench) => {
    const figures = [await measureAt(bench, AT_THE_PROCESSOR), await measureAt(bench, AT_THE_SITE)];
    return {
      series: figures.flatMap(({ series }) => series),
      goals: figures.flatMap(({ goals }) => goals),
      remarks: [...new Set(figures.flatMap(({ remarks = [] }) => remarks))],
    };
  },
};

async function measureAt(bench: Bench, shape: Shape): Promise<Figures> {
  const site = await startSite(bench, shape.latencyMs);
  try {
    const values = await interleave(bench, repeatOfLong(bench), [
      contestant(bench, site, shape, 2),
      contestant(bench, site, shape, 1),
    ]);
    const [two = [], one = []] = values.values();
    return {
      series: [...values].map(([name, its]) => ({
        contestant: name,
        unit: 'comics/s',
        values: its,
      })),
      goals: [goalOf(shape, pairedRatios(two, one))],
      remarks: [remarkOn(site)],
    };
  } finally {
    await site.stop();
  }
}

function contestant(
  bench: Bench,
  site: Site,
  { latencyMs, comics }: Shape,
  processes: 1 | 2,
): { name: string; measure: () => Promise<number> } {
  const last = FIRST_COMIC + sized(bench, comics, 200) * processes - 1;
  const jobs = ['comics', `${FIRST_COMIC}-${last}`];
  const flags = ['-c', String(CONCURRENCY), '--processes', String(processes)];
  const worker = ['--kinds', 'comics', ...flags];
  return {
    name: `${processes === 1 ? 'one process' : 'two processes'}, ${latencyMs} ms`,
    measure: async () => speedOf(await workOneRun(bench, { site: site.url }, { jobs, worker })),
  };
}

function goalOf({ latencyMs }: Shape, values: readonly number[]): Goal {
  const what = `two worker processes against one, at a site that takes ${latencyMs} ms`;
  return { what, unit: '×', atLeast: 1.9, values };
}
