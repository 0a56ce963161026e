/** One job at a time: what a speed-up is measured against must not be slow by our own doing. */

import { sized, type BenchCase, repeatOfLong } from '../bench.js';
import { interleave } from '../interleaving.js';
import { FIRST_COMIC, remarkOn, startSite } from '../sites.js';
import { efficiencyOf, workOneRun } from '../subject.js';

const GOALS = { rename: 0.95, full: 0.9 } as const;

export const baselineQueue: BenchCase = {
  name: 'baseline-queue',
  title: 'The baseline queue at an origin that takes 50 ms',
  method: 'Efficiency of the run as its own report has it: one comic at a time, in a new worker.',
  measure: async (bench) => {
    const comics = sized(bench, 200, 5);
    const site = await startSite(bench, 50);
    const jobs = ['comics', `${FIRST_COMIC}-${FIRST_COMIC + comics - 1}`, '--baseline'];
    const contestant = (durability: keyof typeof GOALS) => ({
      name: durability,
      measure: async () =>
        efficiencyOf(
          await workOneRun(
            bench,
            { site: site.url },
            { jobs, worker: ['--kinds', 'comics', '--durability', durability] },
          ),
        ),
    });
    try {
      const values = await interleave(bench, repeatOfLong(bench), [
        contestant('rename'),
        contestant('full'),
      ]);
      return {
        series: [...values].map(([name, its]) => ({ contestant: name, unit: '', values: its })),
        goals: (['rename', 'full'] as const).map((durability) => ({
          what: `baseline queue: efficiency of ${comics} comics, ${durability}`,
          unit: '',
          atLeast: GOALS[durability],
          values: values.get(durability) ?? [],
        })),
        remarks: [remarkOn(site)],
      };
    } finally {
      await site.stop();
    }
  },
};
