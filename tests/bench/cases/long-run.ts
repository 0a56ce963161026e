/** Runs so long that V8 has compiled what it compiles: what a comic costs then. */

import { repeatOfLong, sized, type Bench, type BenchCase } from '../bench.js';
import type { Figures, Series } from '../figures.js';
import { FULL, goalsAgainstBefore, ownWorker, RENAME, workerBefore } from '../own-worker.js';
import { aiohttpGather } from '../peers/aiohttp-gather.js';
import { gotLoop } from '../peers/got-loop.js';
import { timedPeer, type Peer } from '../peers/peer.js';
import { interleaveTimed, ratiosOf, type TimedContestant } from '../processor-time.js';
import type { Site } from '../site.js';
import { FIRST_COMIC, remarkOn, startSite } from '../sites.js';
import { pairedRatios } from '../statistics.js';
import { missingPeers } from '../tools.js';

const CONCURRENCY = 50;
const TWO_PROCESSES = 'comic-queue, rename, two processes';

/** What a contestant's processor time is, for the text of a case. */
const PROCESSOR_TIME =
  "Processor time is that of all threads of a program, V8's own included, from its start to its end, divided by the comics; Redis and the site are not in it.";

export const longRun: BenchCase = {
  name: 'long-run',
  title: '50,000 comics from an origin that answers at once, 50 at a time',
  method: `Comics a second by the times of the files, the same for all: from the first that is there to the last. ${PROCESSOR_TIME} Two processes take 50 at a time each.`,
  measure: async (bench) => atSite(bench, 0, compare),
};

export const processorTime: BenchCase = {
  name: 'processor-time',
  title: 'Processor time of a worker at an origin that takes 50 ms, 50 at a time',
  method: `A worker that is started for the run and leaves at its end. ${PROCESSOR_TIME} The goals are for files that are renamed without being flushed.`,
  measure: async (bench) => atSite(bench, 50, measureProcessorTime),
};

async function atSite(
  bench: Bench,
  latencyMs: number,
  measure: (bench: Bench, site: Site) => Promise<Figures>,
): Promise<Figures> {
  const site = await startSite(bench, latencyMs);
  try {
    return await measure(bench, site);
  } finally {
    await site.stop();
  }
}

async function compare(bench: Bench, site: Site): Promise<Figures> {
  const count = sized(bench, 50_000, 200);
  const comics = { first: FIRST_COMIC, count, concurrency: CONCURRENCY };
  const { aiohttp } = bench.tools;
  const peers: Peer[] = [gotLoop, ...(aiohttp === undefined ? [] : [aiohttpGather(aiohttp)])];
  const series = await interleaveTimed(bench, repeatOfLong(bench), [
    ownWorker(bench, site, comics, { name: RENAME, durability: 'rename' }),
    ownWorker(bench, site, comics, { name: FULL, durability: 'full' }),
    ownWorker(bench, site, comics, { name: TWO_PROCESSES, durability: 'rename', processes: 2 }),
    ...workerBefore(bench, site, comics),
    ...peers.map((peer) => timedPeer(bench, peer, site, comics)),
  ]);
  const goal = (what: string, name: string, other: string, atLeast?: number) => ({
    what: `${count} comics: ${what}`,
    unit: '×',
    ...(atLeast === undefined ? {} : { atLeast }),
    values: ratiosOf(series, name, other),
  });
  return {
    contest: true,
    series,
    goals: [
      ...goalsAgainstBefore(series, count),
      goal('against the aiohttp program', RENAME, 'aiohttp gather', 1),
      goal('against the got loop', RENAME, gotLoop.name, 1.2),
      goal('full durability against own rename', FULL, RENAME, 0.7),
      goal('two worker processes against one', TWO_PROCESSES, RENAME),
      ...peers.map(({ name }) => ({
        what: `${count} comics: processor time against ${name}`,
        unit: '×',
        values: pairedRatios(processorMsOf(series, RENAME), processorMsOf(series, name)),
      })),
    ],
    missing: missingPeers(bench.tools).filter(({ what }) => what === 'the aiohttp program'),
    remarks: [remarkOn(site)],
  };
}

async function measureProcessorTime(bench: Bench, site: Site): Promise<Figures> {
  const lengths = [
    { count: sized(bench, 5000, 100), atMost: 0.45 },
    { count: sized(bench, 50_000, 200), atMost: 0.3 },
  ];
  const nameOf = (durability: string, count: number): string => `${count} comics, ${durability}`;
  const series = await interleaveTimed(
    bench,
    repeatOfLong(bench),
    lengths.flatMap(({ count }) =>
      (['rename', 'full'] as const).map((durability): TimedContestant => {
        const comics = { first: FIRST_COMIC, count, concurrency: CONCURRENCY };
        return ownWorker(bench, site, comics, { name: nameOf(durability, count), durability });
      }),
    ),
  );
  return {
    series,
    goals: lengths.map(({ count, atMost }) => ({
      what: `processor time a comic at a site that takes 50 ms, ${count} comics`,
      unit: ' ms',
      atMost,
      values: processorMsOf(series, nameOf('rename', count)),
    })),
    remarks: [remarkOn(site)],
  };
}

function processorMsOf(series: readonly Series[], name: string): readonly number[] {
  return series.find(({ contestant }) => contestant === name)?.processorMs ?? [];
}
