/** The queue against no queue, where nothing but the program's own cost is left. */

import { sized, type Bench, type BenchCase } from '../bench.js';
import type { Figures } from '../figures.js';
import { interleave, type Contestant } from '../interleaving.js';
import { FULL, RENAME } from '../own-worker.js';
import { aiohttpGather } from '../peers/aiohttp-gather.js';
import { aria2 } from '../peers/aria2.js';
import { curlParallel } from '../peers/curl-parallel.js';
import { gotLoop } from '../peers/got-loop.js';
import { peerContestant, type Peer } from '../peers/peer.js';
import type { Site } from '../site.js';
import { FIRST_COMIC, remarkOn, startSite } from '../sites.js';
import { pairedRatios } from '../statistics.js';
import { speedOf, workOneRun } from '../subject.js';
import { missingPeers, type Tools } from '../tools.js';

const CONCURRENCY = 50;
const UNIT = 'comics/s';

export const zeroLatency: BenchCase = {
  name: 'zero-latency',
  title: 'Comics from an origin that answers at once, 50 at a time, one process',
  method:
    'Throughput of the run as its own report has it: first start to last end, in a worker that was started for it. The got loop and the aiohttp program measure themselves from the first request to the last file, without their start; both check what they got, write a temporary file and rename it. curl and aria2c are measured from start to exit; they check nothing and write in place.',
  measure: async (bench) => {
    const comics = sized(bench, 5000, 100);
    const site = await startSite(bench, 0);
    try {
      return await compare(bench, site, comics);
    } finally {
      await site.stop();
    }
  },
};

async function compare(bench: Bench, site: Site, comics: number): Promise<Figures> {
  const task = { first: FIRST_COMIC, count: comics, concurrency: CONCURRENCY };
  const peers = peersOf(bench.tools);
  const values = await interleave(bench, bench.repeat, [
    own(bench, site, { name: RENAME, durability: 'rename', comics }),
    own(bench, site, { name: FULL, durability: 'full', comics }),
    ...peers.map((peer) => peerContestant(bench, peer, site, task)),
  ]);
  const of = (name: string): number[] => values.get(name) ?? [];
  const against = (name: string): number[] => pairedRatios(of(RENAME), of(name));
  return {
    contest: true,
    series: [...values].map(([contestant, its]) => ({ contestant, unit: UNIT, values: its })),
    goals: [
      {
        what: 'zero latency: against the aiohttp program',
        unit: '×',
        atLeast: 1,
        values: against('aiohttp gather'),
      },
      {
        what: 'zero latency: against the got loop',
        unit: '×',
        atLeast: 1,
        values: against(gotLoop.name),
      },
      {
        what: 'zero latency: full durability against own rename',
        unit: '×',
        atLeast: 0.7,
        values: pairedRatios(of(FULL), of(RENAME)),
      },
    ],
    missing: missingPeers(bench.tools),
    remarks: [`${comics} comics.`, remarkOn(site)],
  };
}

function own(
  bench: Bench,
  site: Site,
  { name, durability, comics }: { name: string; durability: string; comics: number },
): Contestant {
  const jobs = ['comics', `${FIRST_COMIC}-${FIRST_COMIC + comics - 1}`];
  const worker = ['--kinds', 'comics', '-c', String(CONCURRENCY), '--durability', durability];
  return {
    name,
    measure: async () => speedOf(await workOneRun(bench, { site: site.url }, { jobs, worker })),
  };
}

function peersOf(tools: Tools): Peer[] {
  return [
    gotLoop,
    ...(tools.aiohttp === undefined ? [] : [aiohttpGather(tools.aiohttp)]),
    ...(tools.curl === undefined ? [] : [curlParallel(tools.curl)]),
    ...(tools.aria2 === undefined ? [] : [aria2(tools.aria2)]),
  ];
}
