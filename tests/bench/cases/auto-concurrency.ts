/** `-c auto` against the best that somebody could have chosen. */

import { setTimeout as delay } from 'node:timers/promises';
import { sized, type Bench, type BenchCase } from '../bench.js';
import { interleave } from '../interleaving.js';
import { speedOfQueue, type Window } from '../queue-speed.js';
import type { Site } from '../site.js';
import { answersOf, FIRST_COMIC, remarkOn, startSite, startStandIn } from '../sites.js';
import { withSubject } from '../subject.js';

const SWEEP = [10, 25, 50, 100, 200] as const;
const AUTO = 'auto';
const QUEUE = 'comics';

/** The time within which it must have found its concurrency. */
const SETTLED_AFTER_MS = 30_000;

export const autoConcurrency: BenchCase = {
  name: 'auto-concurrency',
  title: '`-c auto` against the best fixed concurrency, at an origin that takes 50 ms',
  method:
    'Completions a second within a window: for `auto` from 30 s after the first completion on, for fixed numbers from 3 s on. Full durability, at most 200 at once.',
  measure: async (bench) => {
    const site = await startSite(bench, 50);
    try {
      const values = await interleave(bench, Math.min(bench.repeat, 2), [
        contestant(bench, site, AUTO),
        ...SWEEP.map((concurrency) => contestant(bench, site, String(concurrency))),
      ]);
      const auto = values.get(`-c ${AUTO}`) ?? [];
      const best = auto.map((_, repeat) =>
        Math.max(...SWEEP.map((concurrency) => values.get(`-c ${concurrency}`)?.[repeat] ?? 0)),
      );
      return {
        contest: true,
        series: [...values].map(([name, its]) => ({
          contestant: name,
          unit: 'comics/s',
          values: its,
        })),
        goals: [
          {
            what: '`-c auto` against the best of the sweep, after 30 s',
            unit: '×',
            atLeast: 0.9,
            values: auto.map((value, repeat) => value / (best[repeat] ?? Number.NaN)),
          },
        ],
        remarks: [remarkOn(site)],
      };
    } finally {
      await site.stop();
    }
  },
};

export const autoAtLimit: BenchCase = {
  name: 'auto-at-limit',
  title: '`-c auto` at a site that allows 20 at once and answers 429 above',
  method:
    'The stand-in takes 50 ms and counts its answers: the share of 429s among those from 30 s to 60 s after the start.',
  measure: async (bench) => {
    const site = await startStandIn(bench, { latencyMs: 50, faults: ['limit?above=20'] });
    try {
      const { share, speed } = await refusedShare(bench, site);
      return {
        series: [
          { contestant: '429s after settling', unit: '%', values: [share * 100] },
          { contestant: 'answers after settling', unit: 'per second', values: [speed] },
        ],
        goals: [
          {
            what: '`-c auto` at a site that allows 20: share of 429s after settling',
            unit: ' %',
            atMost: 2,
            values: [share * 100],
          },
        ],
        remarks: ['A site that takes 50 ms and allows 20 at once can give 400 answers a second.'],
      };
    } finally {
      await site.stop();
    }
  },
};

function contestant(bench: Bench, site: Site, concurrency: string) {
  const window: Window = {
    afterMs: sized(bench, concurrency === AUTO ? SETTLED_AFTER_MS : 3000, 100),
    forMs: sized(bench, 8000, 300),
  };
  return {
    name: `-c ${concurrency}`,
    measure: async () =>
      withSubject(bench, { site: site.url }, async (subject) => {
        await subject.enqueue('comics', selection(sized(bench, 150_000, 3000)));
        const worker = subject.start('work', '--kinds', QUEUE, '-c', concurrency);
        const speed = await speedOfQueue(subject, window);
        await worker.end();
        return speed;
      }),
  };
}

async function refusedShare(bench: Bench, site: Site): Promise<{ share: number; speed: number }> {
  return withSubject(bench, { site: site.url }, async (subject) => {
    await subject.enqueue('comics', selection(sized(bench, 50_000, 3000)));
    const worker = subject.start('work', '--kinds', QUEUE, '-c', AUTO);
    await delay(sized(bench, SETTLED_AFTER_MS, 2000));
    const before = await answersOf(site);
    const seconds = sized(bench, 30, 1);
    await delay(seconds * 1000);
    const after = await answersOf(site);
    await worker.end();
    const all = after.all - before.all;
    return { share: (after.refused - before.refused) / all, speed: all / seconds };
  });
}

function selection(count: number): string {
  return `${FIRST_COMIC}-${FIRST_COMIC + count - 1}`;
}
