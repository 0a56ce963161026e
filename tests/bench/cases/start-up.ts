/** How long a person waits before anything happens. */

import type { BenchCase } from '../bench.js';
import { interleave } from '../interleaving.js';
import { withSubject } from '../subject.js';

export const startUp: BenchCase = {
  name: 'start-up',
  title: 'Start of the program',
  method:
    '`--help` from the start of the process to its end. Worker: from the start of the process to the start of the first job, which waits in a Redis that runs already.',
  measure: async (bench) => {
    const values = await interleave(bench, bench.repeat, [
      {
        name: 'comic-queue --help',
        measure: () =>
          withSubject(bench, {}, async (subject) => (await subject.run('--help')).wallMs),
      },
      {
        name: 'worker takes its first job',
        measure: () =>
          withSubject(bench, {}, async (subject) => {
            const run = await subject.enqueue('sleeps', '0');
            const worker = subject.start('work', '--drain');
            const report = await subject.report(run, worker);
            await worker.success();
            return (report.startedAtMs ?? Number.NaN) - worker.startedAtMs;
          }),
      },
    ]);
    const [help = [], ready = []] = values.values();
    return {
      series: [...values].map(([contestant, its]) => ({ contestant, unit: 'ms', values: its })),
      goals: [
        { what: 'start: `--help`', unit: ' ms', atMost: 250, values: help },
        { what: 'start: worker takes its first job', unit: ' ms', atMost: 700, values: ready },
      ],
    };
  },
};
