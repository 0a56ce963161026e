/** How much of a site's own speed is left when its answers take 50 ms. */

import { sized, type Bench, type BenchCase } from '../bench.js';
import type { Figures, Goal } from '../figures.js';
import { interleave } from '../interleaving.js';
import type { Site } from '../site.js';
import { FIRST_COMIC, remarkOn, startSite } from '../sites.js';
import { efficiencyOf, withSubject } from '../subject.js';

interface Shape {
  readonly comics: number;
  readonly concurrency: number;
  readonly atLeast: number;
}

const SHAPES: readonly Shape[] = [
  { comics: 2000, concurrency: 50, atLeast: 0.95 },
  { comics: 200, concurrency: 50, atLeast: 0.8 },
  { comics: 2000, concurrency: 200, atLeast: 0.8 },
];

const DURABILITIES = ['full', 'rename'] as const;
type Durability = (typeof DURABILITIES)[number];

export const efficiency: BenchCase = {
  name: 'efficiency',
  title: 'Efficiency at an origin that takes 50 ms',
  method:
    "Ideal over measured, as the report of the run has it: the ideal is made of the run's own fetch times at the observed peak of active jobs. *New* is the first run of a worker that was just started, *warm* the second run of the same worker, of other comics, queued while its queue was paused. The goals are for full durability.",
  measure: async (bench) => {
    const site = await startSite(bench, 50);
    try {
      const figures: Figures[] = [];
      for (const shape of SHAPES) figures.push(await measureShape(bench, site, shape));
      return {
        series: figures.flatMap(({ series }) => series),
        goals: figures.flatMap(({ goals }) => goals),
        remarks: [remarkOn(site)],
      };
    } finally {
      await site.stop();
    }
  },
};

async function measureShape(bench: Bench, site: Site, full: Shape): Promise<Figures> {
  const shape = { ...full, comics: sized(bench, full.comics, 60) };
  const warm = new Map<Durability, number[]>(DURABILITIES.map((how) => [how, []]));
  const first = await interleave(
    bench,
    bench.repeat,
    DURABILITIES.map((durability) => ({
      name: nameOf(shape, durability),
      measure: async () => {
        const { first: cold, second } = await twoRuns(bench, site, { ...shape, durability });
        warm.get(durability)?.push(second);
        return cold;
      },
    })),
  );
  return {
    series: DURABILITIES.flatMap((how) => [
      {
        contestant: `${nameOf(shape, how)}, new`,
        unit: '',
        values: first.get(nameOf(shape, how)) ?? [],
      },
      { contestant: `${nameOf(shape, how)}, warm`, unit: '', values: warm.get(how) ?? [] },
    ]),
    goals: [
      goalOf(shape, 'new', first.get(nameOf(shape, 'full'))),
      goalOf(shape, 'warm', warm.get('full')),
    ],
  };
}

function goalOf(shape: Shape, worker: string, values: readonly number[] = []): Goal {
  const { comics, concurrency, atLeast } = shape;
  const what = `efficiency: ${comics} comics at ${concurrency}, durable, ${worker} worker`;
  return { what, unit: '', atLeast, values };
}

function nameOf({ comics, concurrency }: Shape, durability: Durability): string {
  return `${comics} comics at ${concurrency}, ${durability}`;
}

async function twoRuns(
  bench: Bench,
  site: Site,
  { comics, concurrency, durability }: Shape & { readonly durability: Durability },
): Promise<{ first: number; second: number }> {
  return withSubject(bench, { site: site.url }, async (subject) => {
    const cold = await subject.enqueue('comics', selection(FIRST_COMIC, comics));
    const flags = ['-c', String(concurrency), '--durability', durability];
    const worker = subject.start('work', '--kinds', 'comics', ...flags);
    const first = efficiencyOf(await subject.report(cold, worker));
    await subject.run('pause', 'comics');
    const again = await subject.enqueue('comics', selection(FIRST_COMIC + comics, comics));
    await subject.run('resume', 'comics');
    const second = efficiencyOf(await subject.report(again, worker));
    await worker.end();
    return { first, second };
  });
}

function selection(first: number, count: number): string {
  return `${first}-${first + count - 1}`;
}
