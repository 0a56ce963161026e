/** Whether a queue is slower for what waits in it. */

import { join } from 'node:path';
import { sized, type Bench, type BenchCase } from '../bench.js';
import { interleave } from '../interleaving.js';
import { speedOfQueue } from '../queue-speed.js';
import { pairedRatios } from '../statistics.js';
import { withSubject } from '../subject.js';

const QUEUE = 'sleeps';

export const deepQueue: BenchCase = {
  name: 'deep-queue',
  title: 'Throughput with a long queue against a short one',
  method:
    'A feeder in a process of its own keeps as many jobs waiting in the queue as the contestant is named after while the worker takes them; the speed is the number of completions in some seconds, after a warm-up. Both contestants pay for the feeder.',
  measure: async (bench) => {
    const many = sized(bench, 1_000_000, 4000);
    const few = sized(bench, 1000, 500);
    const values = await interleave(bench, Math.min(bench.repeat, 2), [
      { name: `${many} waiting`, measure: () => speedWith(bench, many) },
      { name: `${few} waiting`, measure: () => speedWith(bench, few) },
    ]);
    const [deep = [], shallow = []] = values.values();
    return {
      contest: true,
      series: [...values].map(([contestant, its]) => ({ contestant, unit: 'jobs/s', values: its })),
      goals: [
        {
          what: `throughput with ${many} waiting against ${few}`,
          unit: '×',
          atLeast: 0.9,
          values: pairedRatios(deep, shallow),
        },
      ],
    };
  },
};

async function speedWith(bench: Bench, waiting: number): Promise<number> {
  return withSubject(bench, {}, async (subject) => {
    const feeder = bench.processes.start({
      program: process.execPath,
      args: [join(import.meta.dirname, '../feeder-process.js'), subject.redis.url, String(waiting)],
      cwd: bench.scratch,
    });
    await feeder.firstLine();
    const worker = subject.start('work', '--kinds', QUEUE, '-c', '50');
    const speed = await speedOfQueue(subject, {
      afterMs: sized(bench, 3000, 200),
      forMs: sized(bench, 10_000, 500),
    });
    await feeder.end();
    await worker.end();
    return speed;
  });
}
