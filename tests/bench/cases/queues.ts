/** Comics a second, against the queues that people would use instead. */

import { repeatOfLong, sized, type Bench, type BenchCase } from '../bench.js';
import type { Figures } from '../figures.js';
import { FULL, goalsAgainstBefore, ownWorker, RENAME, workerBefore } from '../own-worker.js';
import {
  beeQueueGot,
  bullmqGot,
  celery,
  crawlee,
  queueContestant,
  rq,
  scrapy,
  type QueuePeer,
} from '../peers/queue-peer.js';
import { interleaveTimed, ratiosOf } from '../processor-time.js';
import type { Site } from '../site.js';
import { FIRST_COMIC, remarkOn, startSite } from '../sites.js';
import { missingQueues, type Tools } from '../tools.js';

const CONCURRENCY = 50;

interface Rival {
  readonly peer: QueuePeer;
  /** Absent for a peer that is measured for information. */
  readonly atLeast?: number;
}

export const queues: BenchCase = {
  name: 'queues',
  title: 'Comics from an origin that answers at once, 50 at a time, against other queues',
  method:
    'Comics a second by the times of the files, the same for all: from the first that is there to the last, so that no start counts. Every program stores a temporary file and renames it, checks that it got the comic it asked for, and works on a Redis of its own with the settings of ours. The jobs wait in Redis before the worker starts; Crawlee and Scrapy have their queue in memory, Crawlee fills it before, Scrapy while it works. Processor time is that of all processes of the worker from their start to their end, for each comic, without that of Redis and the site.',
  measure: async (bench) => {
    const site = await startSite(bench, 0);
    try {
      return await compare(bench, site);
    } finally {
      await site.stop();
    }
  },
};

async function compare(bench: Bench, site: Site): Promise<Figures> {
  const count = sized(bench, 5000, 200);
  const comics = { first: FIRST_COMIC, count, concurrency: CONCURRENCY };
  const rivals = rivalsOf(bench.tools);
  const series = await interleaveTimed(bench, repeatOfLong(bench), [
    ownWorker(bench, site, comics, { name: RENAME, durability: 'rename' }),
    ownWorker(bench, site, comics, { name: FULL, durability: 'full' }),
    ...workerBefore(bench, site, comics),
    ...rivals.map(({ peer }) => queueContestant(bench, peer, site, comics)),
  ]);
  return {
    contest: true,
    series,
    goals: [
      ...goalsAgainstBefore(series, count),
      ...rivals.map(({ peer, atLeast }) => ({
        what: `queues: against ${peer.name}`,
        unit: '×',
        ...(atLeast === undefined ? {} : { atLeast }),
        values: ratiosOf(series, RENAME, peer.name),
      })),
    ],
    missing: missingQueues(bench.tools),
    remarks: [`${count} comics.`, remarkOn(site)],
  };
}

function rivalsOf(tools: Tools): Rival[] {
  return [
    { peer: bullmqGot, atLeast: 1.5 },
    ...(tools.celery === undefined
      ? []
      : [
          { peer: celery(tools.celery, 'prefork'), atLeast: 3 },
          { peer: celery(tools.celery, 'threads'), atLeast: 3 },
        ]),
    ...(tools.scrapy === undefined ? [] : [{ peer: scrapy(tools.scrapy), atLeast: 3 }]),
    ...(tools.crawlee === undefined ? [] : [{ peer: crawlee(tools.crawlee), atLeast: 3 }]),
    ...(tools.rq === undefined ? [] : [{ peer: rq(tools.rq), atLeast: 3 }]),
    ...(tools.beeQueue === undefined ? [] : [{ peer: beeQueueGot(tools.beeQueue) }]),
  ];
}
