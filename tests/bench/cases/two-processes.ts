/** Whether a second worker process doubles what one does while the site is the limit. */

import { repeatOfLong, sized, type BenchCase } from '../bench.js';
import { interleave } from '../interleaving.js';
import { FIRST_COMIC, startStandIn } from '../sites.js';
import { pairedRatios } from '../statistics.js';
import { speedOf, workOneRun } from '../subject.js';

const CONCURRENCY = 100;

export const twoProcesses: BenchCase = {
  name: 'two-processes',
  title: 'Two worker processes against one, 100 at a time each, at an origin that takes 50 ms',
  method:
    'Throughput of the run as its own report has it, with full durability; two processes get twice the comics. Origin, Redis and workers share the machine: at 4,000 comics a second its cores are the limit, not the site.',
  measure: async (bench) => {
    const comics = sized(bench, 5000, 200);
    const site = await startStandIn(bench, { latencyMs: 50 });
    const contestant = (processes: number) => ({
      name: processes === 1 ? 'one process' : `${processes} processes`,
      measure: async () => {
        const last = FIRST_COMIC + comics * processes - 1;
        const report = await workOneRun(
          bench,
          { site: site.url },
          {
            jobs: ['comics', `${FIRST_COMIC}-${last}`],
            worker: ['--kinds', 'comics', '-c', String(CONCURRENCY)].concat([
              '--processes',
              String(processes),
            ]),
          },
        );
        return speedOf(report);
      },
    });
    try {
      const values = await interleave(bench, repeatOfLong(bench), [contestant(2), contestant(1)]);
      const [two = [], one = []] = values.values();
      return {
        contest: true,
        series: [...values].map(([name, its]) => ({
          contestant: name,
          unit: 'comics/s',
          values: its,
        })),
        goals: [
          {
            what: 'two worker processes against one',
            unit: '×',
            atLeast: 1.9,
            values: pairedRatios(two, one),
          },
        ],
      };
    } finally {
      await site.stop();
    }
  },
};
