/** What our worker costs beyond BullMQ, where a job does nothing. */

import { sized, type BenchCase } from '../bench.js';
import { interleave } from '../interleaving.js';
import { bullmqEmpty } from '../peers/bullmq-empty.js';
import { pairedRatios } from '../statistics.js';
import { speedOf, workOneRun } from '../subject.js';

const CONCURRENCY = 50;

export const emptyJobs: BenchCase = {
  name: 'empty-jobs',
  title: 'Jobs that do nothing, 50 at a time, one process',
  method:
    'The jobs wait in Redis before the worker starts; both speeds are from the first start to the last end. Ours runs them through the whole worker (`sleeps 0`), with every job counted in a report; the measurement fails unless the counts are exact. BullMQ works with its defaults and keeps no count.',
  measure: async (bench) => {
    const jobs = sized(bench, 20_000, 200);
    const values = await interleave(bench, bench.repeat, [
      {
        name: 'comic-queue',
        measure: async () =>
          speedOf(
            await workOneRun(
              bench,
              {},
              {
                jobs: ['sleeps', '0', '--times', String(jobs)],
                worker: ['--kinds', 'sleeps', '-c', String(CONCURRENCY)],
              },
            ),
          ),
      },
      bullmqEmpty(bench, { jobs, concurrency: CONCURRENCY }),
    ]);
    const [own = [], floor = []] = values.values();
    return {
      contest: true,
      series: [...values].map(([contestant, its]) => ({
        contestant,
        unit: 'jobs/s',
        values: its,
      })),
      goals: [
        {
          what: 'empty jobs: against BullMQ with an empty processor',
          unit: '×',
          atLeast: 0.85,
          values: pairedRatios(own, floor),
        },
      ],
    };
  },
};
