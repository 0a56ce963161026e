import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { announceWorker, type Heartbeat } from '../../../shared/queues/heartbeat.js';
import { queueKeys } from '../../../shared/queues/queue-keys.js';
import { openQueue, openRunsQueue, queueOf } from '../../../shared/queues/queue.js';
import { setRate } from '../../../shared/queues/site-state.js';
import {
  emptyQueueState,
  type JobCounts,
  type QueueState,
} from '../../../shared/queues/queue-state.js';
import {
  allStandstills,
  readStandstills,
  type RunStandstill,
  type StandstillFacts,
  standstillLine,
  standstillsOf,
  type SystemFacts,
} from '../../../shared/report/standstill.js';
import { readRun } from '../../../shared/runs/run-store.js';
import { comics, WorkPlace } from '../../support/work-place.js';

const SITE = 'https://xkcd.com/{id}/info.0.json';
const OTHER = 'http://127.0.0.1:4000/{id}';

const WORKER: Heartbeat = {
  id: 'w1',
  host: 'one',
  pid: 7,
  version: '0.1.0',
  startedAtMs: 0,
  queues: { comics: 10 },
  sites: { comic: SITE },
  active: {},
  idleMs: {},
  skewMs: 0,
  out: '/data',
  storeId: 'a',
  trouble: null,
};

const FACTS: StandstillFacts = {
  queue: queueOf('comic', false),
  site: SITE,
  jobsLeft: 200,
  pause: undefined,
  intervalMs: undefined,
  trackersPaused: false,
  workers: [WORKER],
};

function linesOf(change: Partial<StandstillFacts>): string[] {
  return standstillsOf({ ...FACTS, ...change }).map(standstillLine);
}

describe('standstillsOf()', () => {
  it.each<[Partial<StandstillFacts>, string[]]>([
    [{}, []],
    [
      { pause: { by: 'person', reason: 'by hand', leftMs: undefined } },
      ['comics is paused by hand. Go on with: comic-queue resume comics'],
    ],
    [
      { pause: { by: 'site', reason: 'throttled', leftMs: 45_000 } },
      [
        'comics is paused for another 45 s: the site asked to be left alone for a while (429, or 503 with Retry-After). Cut it short with: comic-queue resume comics',
      ],
    ],
    [
      { pause: { by: 'site', reason: 'its site asked for it', leftMs: 3000 } },
      [
        'comics is paused for another 3 s: its site asked for it. Cut it short with: comic-queue resume comics',
      ],
    ],
    [
      { pause: { by: 'outage', reason: 'dns', leftMs: 12_000 } },
      [
        'comics waits: the site does not answer (dns), asked again in 12 s. Have it asked now: comic-queue resume comics',
      ],
    ],
    [
      { pause: { by: 'outage', reason: 'dns', leftMs: undefined } },
      [
        'comics waits: the site does not answer (dns), asked again now. Have it asked now: comic-queue resume comics',
      ],
    ],
    [
      { workers: [{ ...WORKER, queues: { sleeps: 1 } }] },
      ['no worker of comics is connected. Start one: comic-queue work'],
    ],
    [
      { workers: [], uncounted: 1 },
      [
        'no worker of comics is connected, and 1 job has ended that the next one counts. Start one: comic-queue work',
      ],
    ],
    [
      { workers: [], uncounted: 12 },
      [
        'no worker of comics is connected, and 12 jobs have ended that the next one counts. Start one: comic-queue work',
      ],
    ],
    [
      { workers: [], isRedisFull: true },
      ['Redis is full, so no worker gets on: give it more memory (maxmemory)'],
    ],
    [
      { site: OTHER, workers: [WORKER, { ...WORKER, id: 'w2' }] },
      [
        `no worker of ${OTHER} is connected (2 of another site are). Start one: COMIC_QUEUE_COMIC_URL='${OTHER}' comic-queue work`,
      ],
    ],
    [
      { site: OTHER },
      [
        `no worker of ${OTHER} is connected (1 of another site is). Start one: COMIC_QUEUE_COMIC_URL='${OTHER}' comic-queue work`,
      ],
    ],
    [
      { workers: [{ ...WORKER, trouble: 'Cannot write to /data: no space left' }] },
      ['no worker takes jobs: Cannot write to /data: no space left'],
    ],
    [{ workers: [WORKER, { ...WORKER, trouble: 'Cannot write' }] }, []],
    [
      { trackersPaused: true, jobsLeft: 0 },
      ['runs is paused, so no run ends. Go on with: comic-queue resume runs'],
    ],
    [{ jobsLeft: 0 }, []],
    [
      { jobsLeft: 0, workers: [] },
      ['no worker is connected, so no run ends. Start one: comic-queue work'],
    ],
    [
      { intervalMs: 600_000 },
      [
        'comics are limited to 6 an hour, done in about 33 h. Change it: comic-queue rate comics 1/s',
      ],
    ],
    [{ intervalMs: 100 }, []],
  ])('names what keeps a run, with what ends it: %j', (change, lines) => {
    expect(linesOf(change)).toEqual(lines);
  });

  it('names everything at once, and no time at which a run is done that does not move', () => {
    const pause = { by: 'person', reason: 'by hand', leftMs: undefined } as const;

    const found = standstillsOf({ ...FACTS, pause, workers: [], intervalMs: 600_000 });

    expect(found.map(({ why }) => why)).toEqual(['paused', 'no-worker']);
    expect(found.map(({ endsInMs }) => endsInMs)).toEqual([null, null]);
  });
});

describe('what is left to be tried again', () => {
  const briefOf = (counts: JobCounts): string[] =>
    standstillsOf({ ...FACTS, counts }).map(({ brief }) => brief);

  it('is said once nothing else is left', () => {
    expect(briefOf({ waiting: 0, active: 0, delayed: 1200 })).toEqual(['200 to be tried again']);
    expect(briefOf({ waiting: 1, active: 0, delayed: 1200 })).toEqual([]);
    expect(briefOf({ waiting: 0, active: 1, delayed: 1200 })).toEqual([]);
    expect(briefOf({ waiting: 0, active: 0, delayed: 0 })).toEqual([]);
  });

  it('is one job, and no more than the run has left', () => {
    const [found] = standstillsOf({
      ...FACTS,
      jobsLeft: 1,
      counts: { waiting: 0, active: 0, delayed: 3 },
    });

    expect(found).toMatchObject({
      why: 'retrying',
      text: 'all that is left is to be tried again: 1 job',
      remedy: null,
      endsInMs: null,
    });
  });
});

describe('allStandstills()', () => {
  const QUEUE: QueueState = { ...emptyQueueState('comics'), waiting: 200 };
  const BASELINE = { ...QUEUE, name: 'comics-baseline', waiting: 0 };
  const PAUSE = { by: 'person', reason: 'by hand', leftMs: undefined } as const;
  const OUTAGE = { by: 'outage', reason: 'dns', leftMs: 12_000 } as const;
  const TROUBLED = { ...WORKER, trouble: 'Cannot write to /data: no space left' };

  /** The lines of a system with runs, each of which is kept by what the facts say. */
  function allLinesOf(
    system: Partial<SystemFacts>,
    runs: readonly Partial<StandstillFacts>[] = [],
  ): string[] {
    const ofRuns = runs.flatMap((facts, index) =>
      standstillsOf({ ...FACTS, ...facts }).map((one): RunStandstill => ({
        ...one,
        run: `run-${index + 1}`,
        queue: 'comics',
      })),
    );
    const queues = [QUEUE];
    const facts = { queues, trackersPaused: false, workers: [WORKER], ...system, ofRuns };
    return allStandstills(facts).map(standstillLine);
  }

  it.each<[string, Partial<SystemFacts>, Partial<StandstillFacts>[], string[]]>([
    ['nothing', {}, [{}], []],
    [
      'a pause, and not of its runs again',
      { queues: [{ ...QUEUE, pause: PAUSE }] },
      [{ pause: PAUSE }, { pause: PAUSE }],
      ['comics is paused by hand. Go on with: comic-queue resume comics'],
    ],
    [
      'a site that is away, however long ago each was read, and not of a queue that holds nothing',
      {
        queues: [
          { ...QUEUE, pause: OUTAGE },
          { ...BASELINE, pause: OUTAGE },
        ],
      },
      [{ pause: { ...OUTAGE, leftMs: 11_000 } }],
      [
        'comics waits: the site does not answer (dns), asked again in 12 s. Have it asked now: comic-queue resume comics',
      ],
    ],
    [
      'a queue that a person has paused although it holds nothing',
      { queues: [{ ...BASELINE, pause: PAUSE }] },
      [],
      ['comics-baseline is paused by hand. Go on with: comic-queue resume comics-baseline'],
    ],
    [
      'a paused queue of runs',
      { trackersPaused: true },
      [{ trackersPaused: true }],
      ['runs is paused, so no run ends. Go on with: comic-queue resume runs'],
    ],
    [
      'that no worker is there, and not that the queue starves of it',
      { queues: [{ ...QUEUE, starvedForMs: 90_000 }], workers: [] },
      [{ workers: [] }, { workers: [] }],
      ['no worker of comics is connected. Start one: comic-queue work'],
    ],
    [
      'a queue that starves without a run',
      { queues: [{ ...QUEUE, starvedForMs: 150_000 }] },
      [],
      ['comics starves: 200 waiting, none started for 3 min. Start a worker: comic-queue work'],
    ],
    [
      'a worker that cannot write, once',
      { workers: [TROUBLED] },
      [{ workers: [TROUBLED] }],
      ['no worker takes jobs: Cannot write to /data: no space left'],
    ],
    [
      'which of several workers cannot write',
      { workers: [WORKER, TROUBLED] },
      [{ workers: [WORKER, TROUBLED] }],
      ['w1 takes no jobs: Cannot write to /data: no space left'],
    ],
    [
      'a rate, with when each run is done',
      {},
      [{ intervalMs: 600_000 }, { intervalMs: 600_000, jobsLeft: 6 }],
      [
        'run-1: comics are limited to 6 an hour, done in about 33 h. Change it: comic-queue rate comics 1/s',
        'run-2: comics are limited to 6 an hour, done in about 60 min. Change it: comic-queue rate comics 1/s',
      ],
    ],
  ])('tells once %s', (_what, system, runs, lines) => {
    expect(allLinesOf(system, runs)).toEqual(lines);
  });
});

describe('readStandstills()', () => {
  let place: WorkPlace;

  beforeAll(async () => {
    place = await WorkPlace.open();
  });

  afterAll(async () => {
    await place.close();
  });

  it('reads all of it from Redis', async () => {
    const { connection } = place;
    const number = await place.enqueue({ kind: 'comic', inputs: comics(1, 5) });
    const run = await readRun(connection, number);
    if (run === undefined) throw new Error('no run');
    const whys = async (state = run.state): Promise<string[]> =>
      (await readStandstills(connection, { ...run, state }, 5)).map(({ why }) => why);

    const idle = await whys();
    const { completed } = queueKeys('comics');
    await connection.zadd(completed, 5, 'r1.1', 6, 'r1.2', -7, 'r1.3');
    const [uncounted] = await readStandstills(connection, run, 5);
    await connection.config('SET', 'maxmemory', '1');
    const full = await whys();
    await connection.config('SET', 'maxmemory', '0');
    await announceWorker(connection, WORKER, Date.now());
    const stranger = await whys();
    const cancelled = await whys('cancelled');
    await setRate(connection, 'comic', 60_000);
    const slow = await whys('cancelled');
    await openQueue('comics', connection).pause();
    await openRunsQueue(connection).pause();
    const paused = await whys();

    expect(idle).toEqual(['no-worker']);
    expect(uncounted?.text).toContain('2 jobs have ended that the next one counts');
    expect(full).toEqual(['redis-full']);
    expect(stranger).toEqual(['other-site']);
    expect(cancelled).toEqual([]);
    expect(slow).toEqual(['slow-rate']);
    expect(paused).toEqual(['paused', 'other-site', 'runs-paused']);
  });
});
