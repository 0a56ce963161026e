import { afterEach, describe, expect, it } from 'vitest';
import { type NoticeFacts, noticesOf, watchNotices } from '../../../dashboard/live/notices.js';
import { standstillsAround } from '../../../dashboard/live/panel.js';
import { setInvocation } from '../../../shared/base/proposed-command.js';
import type { ListedWorker } from '../../../shared/queues/heartbeat.js';
import { queueOf } from '../../../shared/queues/queue.js';
import { emptyQueueState, type QueueState } from '../../../shared/queues/queue-state.js';
import type { ScheduledWatch } from '../../../shared/queues/watches.js';
import type { Report } from '../../../shared/report/report.js';
import { parseRun, type Run } from '../../../shared/runs/run.js';
import { RUN } from '../browser/view.js';

const QUEUE: QueueState = { ...emptyQueueState('comics'), waiting: 150 };

const WORKER: ListedWorker = {
  id: 'w1',
  host: 'h',
  pid: 7,
  version: '0.1.0',
  startedAtMs: 0,
  queues: { comics: 50 },
  sites: { comic: RUN.report.site },
  active: {},
  idleMs: {},
  skewMs: 0,
  out: '/data',
  storeId: 'a',
  trouble: null,
  heardAtMs: 0,
};

interface Situation {
  readonly asked?: number;
  readonly run?: Partial<Run>;
  readonly report?: Partial<Report>;
  readonly live?: boolean;
  readonly queue?: Partial<QueueState>;
  readonly workers?: readonly ListedWorker[];
  readonly trackersPaused?: boolean;
  readonly storeSplits?: readonly string[];
}

const FIELDS = {
  kind: 'comic',
  baseline: '0',
  state: 'sealed',
  selection: '1-200',
  digest: 'd',
  site: RUN.report.site,
  refetch: '0',
  times: '1',
  attempts: '5',
  asked: '200',
  duplicates: '0',
  total: '200',
  acknowledged: '200',
  createdAtMs: '1',
  heartbeatAtMs: '1',
};

/** What is said of a run, and of the queue and the workers around it. */
function texts(situation: Situation): string[] {
  const { report, live = false, queue, trackersPaused = false } = situation;
  const { workers = [WORKER], storeSplits = [] } = situation;
  const record = parseRun(7, FIELDS);
  if (record === undefined) throw new Error('no run');
  const run = {
    run: { ...record, ...situation.run },
    live,
    report: { ...RUN.report, ...report },
    series: { points: [] },
  };
  const queues = [{ ...QUEUE, ...queue }];
  const around = { queues, workers, trackersPaused };
  const standstills = standstillsAround(run, around);
  const facts: NoticeFacts = { ...around, asked: situation.asked, run, standstills, storeSplits };
  return noticesOf(facts).map(({ text, command }) =>
    command === undefined ? text : `${text} [${command}]`,
  );
}

const GOING: Situation = { live: true, report: { state: 'sealed', ended: 50 } };

afterEach(() => setInvocation(undefined));

describe('noticesOf()', () => {
  it('has nothing to say of a run that went well, or that goes on', () => {
    expect(texts({})).toEqual([]);
    expect(texts(GOING)).toEqual([]);
  });

  it.each<[string, Situation]>([
    [
      'No worker of comics is connected. Start one: [comic-queue work]',
      { ...GOING, workers: [], queue: { starvedForMs: 125_000 } },
    ],
    [
      'comics is paused by hand. Go on with: [comic-queue resume comics]',
      { ...GOING, queue: { pause: { by: 'person', reason: 'by hand', leftMs: undefined } } },
    ],
    [
      'comics is paused by hand. Go on with: [comic-queue resume comics]',
      { queue: { pause: { by: 'person', reason: 'by hand', leftMs: undefined } } },
    ],
    [
      'comics is paused for another 2 min: the site asked to be left alone for a while (429, or 503 with Retry-After). Cut it short with: [comic-queue resume comics]',
      { ...GOING, queue: { pause: { by: 'site', reason: 'throttled', leftMs: 125_000 } } },
    ],
    [
      'comics waits: the site does not answer (connection), asked again in 12 s. Have it asked now: [comic-queue resume comics]',
      { ...GOING, queue: { pause: { by: 'outage', reason: 'connection', leftMs: 12_000 } } },
    ],
    [
      'run-7: comics are limited to 6 an hour, done in about 25 h. Change it: [comic-queue rate comics 1/s]',
      { ...GOING, queue: { intervalMs: 600_000 } },
    ],
    [
      'No worker takes jobs: the disk is full.',
      { ...GOING, workers: [{ ...WORKER, trouble: 'the disk is full' }] },
    ],
    [
      'w2 takes no jobs: the disk is full.',
      { ...GOING, workers: [WORKER, { ...WORKER, id: 'w2', trouble: 'the disk is full' }] },
    ],
    [
      'runs is paused, so no run ends. Go on with: [comic-queue resume runs]',
      { ...GOING, trackersPaused: true },
    ],
    [
      'comics starves: 150 waiting, none started for 2 min. Start a worker: [comic-queue work]',
      { queue: { starvedForMs: 125_000 } },
    ],
    [
      'run-7 lost its producer half way. Resume it: [comic-queue enqueue --resume run-7]',
      { report: { state: 'abandoned' } },
    ],
    [
      'The workers of comics do not share.',
      { storeSplits: ['The workers of comics do not share.'] },
    ],
    ['There is no run-99; run-7 is shown.', { asked: 99 }],
    ['run-7 was cancelled.', { report: { state: 'cancelled', outcomes: { blocked: 9 } } }],
    ['run-7 was cancelled.', { report: { state: 'cancelled', comparison: null } }],
    [
      '20 of 200 failed: forbidden 12, timeout 5, tls 2, and others. See what failed: [comic-queue failed run-7]',
      {
        report: {
          outcomes: { stored: 179, invalid: 21 },
          recovered: 1,
          reasons: { stored: 179, dns: 1, tls: 2, timeout: 5, forbidden: 12 },
        },
      },
    ],
    [
      'This baseline is disturbed (its worker changed) and compared with nothing.',
      { report: { baseline: true, disturbed: 'its worker changed' } },
    ],
    [
      'There is no run of one job at a time to compare with. To get one: [comic-queue enqueue comics 1-200 --baseline --refetch]',
      { report: { comparison: null } },
    ],
  ])('says once %j', (text, situation) => {
    expect(texts(situation)).toEqual([text]);
  });

  it('proposes a baseline of the same selection, as a shell reads it', () => {
    const command = (run: Partial<Run>): string | undefined =>
      texts({ run, report: { comparison: null } })[0]?.match(/\[(.*)\]/)?.[1];

    setInvocation({ program: 'cq', scripts: {}, variables: [], options: ['--data', 'my data'] });

    expect(command({ kind: 'search', selection: 'Yash "Your Name"' })).toBe(
      "cq enqueue searches Yash 'Your Name' --baseline --refetch --data 'my data'",
    );
    expect(command({ kind: 'sleep', selection: '0.5', times: 40 })).toBe(
      "cq enqueue sleeps 0.5 --times 40 --baseline --data 'my data'",
    );
    for (const selection of ['', 'x '.repeat(100)]) {
      expect(command({ selection })).toBe(
        "cq enqueue comics --input FILE --baseline --refetch --data 'my data'",
      );
    }
  });

  it('says nothing of a run where there is none', () => {
    const around = { standstills: [], storeSplits: [], trackersPaused: false, workers: [] };
    const facts = { ...around, asked: undefined };
    const starving = { ...QUEUE, name: queueOf('sleep', true).name, starvedForMs: 60_000 };

    expect(noticesOf({ ...facts, run: undefined, queues: [] })).toEqual([]);
    expect(noticesOf({ ...facts, asked: 99, run: undefined, queues: [] })).toMatchObject([
      { text: 'There is no run-99.' },
    ]);
    expect(noticesOf({ ...facts, run: undefined, queues: [starving] })).toMatchObject([
      { tone: 'bad', command: 'comic-queue work' },
    ]);
  });
});

describe('standstillsAround()', () => {
  const record = parseRun(7, FIELDS);
  if (record === undefined) throw new Error('no run');
  const details = {
    run: record,
    live: true,
    report: { ...RUN.report, state: 'sealed' as const, ended: 198 },
    series: { points: [] },
  };
  const around = (queue: Partial<QueueState>): string[] =>
    standstillsAround(details, {
      queues: [{ ...emptyQueueState('comics'), ...queue }],
      workers: [WORKER],
      trackersPaused: false,
    }).map(({ brief }) => brief);

  it('names jobs that wait for another attempt, where nothing else is left', () => {
    expect(around({ delayed: 2 })).toEqual(['2 to be tried again']);
    expect(around({ delayed: 9 })).toEqual(['2 to be tried again']);
    expect(around({ delayed: 2, active: 1 })).toEqual([]);
    expect(around({ delayed: 2, waiting: 1 })).toEqual([]);
    expect(around({})).toEqual([]);
    expect(around({ delayed: 2, intervalMs: 600_000 })).toEqual([
      '6 an hour, done in about 20 min',
    ]);
  });
});

describe('watchNotices()', () => {
  const watch: ScheduledWatch = {
    kind: 'comic',
    everyMs: 3_600_000,
    site: RUN.report.site,
    pictures: false,
    known: 3328,
    lookedAtMs: 0,
    problem: '',
    nextAtMs: 600_000,
  };
  const said = (nowMs: number, changes: Partial<ScheduledWatch>, workers = [WORKER]): string[] =>
    watchNotices({ watches: [{ ...watch, ...changes }], workers, nowMs }).map(
      ({ text, command }) => `${text} [${command ?? ''}]`,
    );

  it('has nothing to say of a watch that looks', () => {
    expect(said(0, {})).toEqual([]);
    expect(said(0, {}, [])).toEqual([]);
    expect(said(650_000, {}, [])).toEqual([]);
    expect(said(900_000, {})).toEqual([]);
  });

  it('says that a look failed, or that no worker looks', () => {
    expect(said(0, { problem: 'the site does not answer' })).toEqual([
      'comics are watched every 1 h: known up to 3328, next look in 10 min. The last look failed: the site does not answer. []',
    ]);
    expect(said(900_000, {}, [])).toEqual([
      'comics are watched every 1 h: known up to 3328, next look due. No worker is there to look. Start one: [comic-queue work]',
    ]);
  });
});
