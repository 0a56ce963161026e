/** Each check of the checker, with evidence that breaks one promise. */

import { expect, test } from 'vitest';
import type { LedgerRow } from '../../../origin/ledger.js';
import { brokenPromises } from './checker.js';
import type { Evidence, RunEvidence, WorkerEvidence } from './evidence.js';

const IDS = [76, 77, 78];

const REPORT = {
  ended: 3,
  outcomes: { stored: 2, invalid: 1 },
  reasons: { stored: 2, 'other-number': 1 },
};

const RUN: RunEvidence = {
  number: 1,
  state: 'ended',
  isOver: true,
  total: 3,
  report: REPORT,
  ids: IDS,
  failures: [{ id: 77, reason: 'other-number' }],
};

const WORKER: WorkerEvidence = {
  name: 'worker-1 (1)',
  livedMs: 10_000,
  lines: [],
  leftByItself: false,
  stillRuns: false,
  samples: [{ rssMb: 90, descriptors: 40, sockets: 12 }],
};

const SOUND: Evidence = {
  runs: [RUN],
  producers: [{ exitCode: 0, said: '', acknowledged: { run: 1, total: 3 } }],
  results: { right: new Set([76, 78]), wrong: [], partial: [], temporaries: 0 },
  requests: IDS.map((id, index) => request(id, 1000 * index)),
  disruptions: [],
  workers: [WORKER],
  stops: [{ exitCode: 0, tookMs: 800 }],
  redis: {
    pending: { waiting: 0, active: 0 },
    orphans: [],
    locks: [],
    liveRuns: 0,
    hasFoldJournal: false,
    clients: [],
  },
  program: { outcomes: { 1: REPORT.outcomes }, damaged: [], unfinished: 0 },
};

function request(id: number, atMs: number, change: Partial<LedgerRow> = {}): LedgerRow {
  const path = `/${id}/info.0.json`;
  return { sequence: 1, atMs, path, status: 200, durationMs: 60, fault: '', ...change };
}

/** A fault that lasted from one second to four. */
function disruption(name: string): Evidence['disruptions'][number] {
  return { target: 'any', name, fromMs: 900, heldFromMs: 1000, heldToMs: 4000, toMs: 4100 };
}

const many = (count: number, everyMs: number) =>
  Array.from({ length: count }, (_, index) => request(index + 1000, 2600 + everyMs * index));

const BROKEN: readonly (readonly [string, Partial<Evidence>])[] = [
  ['P1: run-2 was acknowledged and is gone', producers({ run: 2, total: 3 })],
  ['P1: run-1 has 3 jobs, 4 were acknowledged', producers({ run: 1, total: 4 })],
  ['P3: 76.json was seen in part', results({ partial: ['76.json'] })],
  ['P3: 76.json is not what the site sends', results({ wrong: ['76.json'] })],
  ['P4: comic 78 of run-1 has no file', results({ right: new Set([76]) })],
  ['P4: comic 79 has a file that nobody asked for', results({ right: new Set([76, 78, 79]) })],
  [
    'P4: 2 comics too many were fetched; 0 may be',
    { requests: [...SOUND.requests, request(76, 5000), request(78, 6000)] },
  ],
  ['P6: a worker took 60000 ms to stop', { stops: [{ exitCode: 0, tookMs: 60_000 }] }],
  ['P6: a worker that was stopped left with 70', { stops: [{ exitCode: 70, tookMs: 100 }] }],
  ['P7: run-1 has not ended; it is sealed', run({ isOver: false, state: 'sealed' })],
  ['P7: 1 runs count as live', redis({ liveRuns: 1 })],
  [
    'P7: run-1: 3 jobs; ended, outcomes and reasons add up to 2, 3, 3',
    run({ report: { ...REPORT, ended: 2 } }),
  ],
  ['P7: run-1: 1 failed, 0 listed', run({ failures: [] })],
  ['P7: run-1: comic 77 failed as defect', run({ failures: [{ id: 77, reason: 'defect' }] })],
  ['P7: 2 jobs are waiting and no run waits for them', redis({ pending: { waiting: 2 } })],
  ['P7: comics:r1.1 is in no list', redis({ orphans: ['comics:r1.1'] })],
  ['P7: comics:r1.1:lock is held by nobody', redis({ locks: ['comics:r1.1:lock'] })],
  ['P7: connected still: name=comic-queue', redis({ clients: ['name=comic-queue'] })],
  ['P7: a fold was cut off and never finished', redis({ hasFoldJournal: true })],
  ['P7: worker-1 (1) still runs', worker({ stillRuns: true })],
  ['P7: 3 temporary files are left', results({ temporaries: 3 })],
  [
    'P7: runs --json tells other outcomes of run-1 than its report',
    { program: { ...SOUND.program, outcomes: { 1: { stored: 3 } } } },
  ],
  ['P7: status shows 1 jobs that are not over', { program: { ...SOUND.program, unfinished: 1 } }],
  [
    'P7: verify finds comics/76.json damaged',
    { program: { ...SOUND.program, damaged: ['comics/76.json'] } },
  ],
  ['P8: worker-1 (1) left by itself: killed', worker({ leftByItself: true, lines: ['killed'] })],
  [
    'P8: worker-1 (1) took 400 MB',
    worker({ samples: [{ rssMb: 400, descriptors: 1, sockets: 1 }] }),
  ],
  [
    'P8: worker-1 (1) had 500 open files',
    worker({ samples: [{ rssMb: 90, descriptors: 500, sockets: 1 }] }),
  ],
  [
    'P9: 51 requests within a second at a rate of 20/s',
    { disruptions: [disruption('rate of 20 a second')], requests: many(60, 20) },
  ],
  [
    'P9: 3 requests while the queue was paused',
    { disruptions: [disruption('queue paused')], requests: many(3, 100) },
  ],
  [
    'P9: 2 requests within the 2 s that a 429 asked for',
    {
      disruptions: [disruption('site 429?retry-after=2')],
      requests: [request(1, 1500, { status: 429, fault: '429' }), ...many(2, 100)],
    },
  ],
  ['P9: 40 requests at once; 18 may be', { requests: many(40, 0) }],
  ['P10: worker-1 (1) wrote 500 lines in 10 s', worker({ lines: Array<string>(500).fill('') })],
];

test('sound evidence breaks nothing', () => {
  expect(brokenPromises(SOUND)).toEqual([]);
});

test.each(BROKEN)('%s', (expected, change) => {
  const broken = brokenPromises({ ...SOUND, ...change });

  expect(broken.map(({ promise, fact }) => `${promise}: ${fact}`)).toContain(expected);
});

test('many facts of one kind are told by a few', () => {
  const partial = Array.from({ length: 20 }, (_, index) => `${index}.json`);

  const broken = brokenPromises({ ...SOUND, ...results({ partial }) });

  expect(broken).toHaveLength(6);
  expect(broken.at(-1)).toEqual({ promise: 'P3', fact: '… and 15 more' });
});

function producers(acknowledged: { run: number; total: number }): Partial<Evidence> {
  return { producers: [{ exitCode: 0, said: '', acknowledged }] };
}

function results(change: Partial<Evidence['results']>): Partial<Evidence> {
  return { results: { ...SOUND.results, ...change } };
}

function run(change: Partial<RunEvidence>): Partial<Evidence> {
  return { runs: [{ ...RUN, ...change }] };
}

function redis(change: Partial<Evidence['redis']>): Partial<Evidence> {
  return { redis: { ...SOUND.redis, ...change } };
}

function worker(change: Partial<WorkerEvidence>): Partial<Evidence> {
  return { workers: [{ ...WORKER, ...change }] };
}
