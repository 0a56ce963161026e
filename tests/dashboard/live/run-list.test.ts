import { describe, expect, it } from 'vitest';
import {
  relationsOf,
  type RunQuery,
  selectRuns,
  type ListedRun,
} from '../../../dashboard/live/run-list.js';
import { ratesBetween } from '../../../dashboard/pages/workers-page.js';
import { RUN } from '../browser/view.js';

const ALL: RunQuery = {
  words: '',
  queue: undefined,
  filter: undefined,
  sort: 'run',
  descending: true,
  page: 1,
};

interface Made {
  readonly rate?: number | null;
  readonly failed?: number;
  readonly live?: boolean;
  readonly selection?: string;
  readonly title?: string;
  readonly retryOf?: number;
  readonly queue?: string;
}

function made(number: number, facts: Made = {}): ListedRun {
  const { rate = 10, failed = 0, live = false, selection = '1-200', retryOf = 0 } = facts;
  const outcomes = { stored: 10, ...(failed > 0 ? { refused: failed } : {}) };
  const report = { ...RUN.report, medians: null, run: number, throughputPerSecond: rate, outcomes };
  const run = {
    number,
    kind: 'comic',
    title: facts.title ?? '',
    selection,
    retryOf,
    group: 0,
    total: 200,
    state: live ? 'sealed' : 'ended',
    site: 'https://xkcd.com/{id}/info.0.json',
    queue: { name: facts.queue ?? 'comics' },
  };
  return { run, report: live ? undefined : report } as unknown as ListedRun;
}

const RUNS = [
  made(4, { live: true }),
  made(3, { rate: 30, selection: '614' }),
  made(2, { rate: null, failed: 3, queue: 'comics-baseline' }),
  made(1, { rate: 90, title: 'nightly' }),
];

function numbers(changes: Partial<RunQuery>): number[] {
  return selectRuns(RUNS, { ...ALL, ...changes }).map(({ run }) => run.number);
}

describe('selectRuns()', () => {
  it.each([
    [{}, [4, 3, 2, 1]],
    [{ descending: false }, [1, 2, 3, 4]],
    [{ sort: 'rate' }, [1, 3, 4, 2]],
    [{ sort: 'rate', descending: false }, [3, 1, 4, 2]],
    [{ sort: 'failed' }, [2, 3, 1, 4]],
    [{ sort: 'queue', descending: false }, [4, 3, 1, 2]],
    [{ filter: 'live' }, [4]],
    [{ filter: 'failures' }, [2]],
    [{ filter: 'ended' }, [3, 2, 1]],
    [{ queue: 'comics-baseline' }, [2]],
    [{ words: 'XKCD 614' }, [3]],
    [{ words: 'run-2' }, [2]],
    [{ words: 'nightly' }, [1]],
    [{ words: 'nothing like it' }, []],
  ] as const)('%o', (changes, expected) => {
    expect(numbers(changes)).toEqual(expected);
  });
});

describe('relationsOf()', () => {
  it('says which retry did what had failed', () => {
    const runs = [made(1, { failed: 98 }), made(5, { retryOf: 1, failed: 3 })];
    const again = [...runs, made(9, { retryOf: 5 })];
    const going = [...runs, made(9, { retryOf: 5, live: true })];

    expect(relationsOf(1, runs)).toMatchObject({ mended: { left: 3, by: 5 } });
    expect(relationsOf(1, again).mended).toEqual({ left: 0, by: 5 });
    expect(relationsOf(1, going).mended).toEqual({ left: 3, by: 5 });
    expect(relationsOf(9, again)).toEqual({ retries: [], group: [], mended: undefined });
  });
});

describe('ratesBetween()', () => {
  it('adds up what each worker ended over all runs', () => {
    const before = { atMs: 1000, ended: new Map([[1, { w1: 10, w2: 5 }]]) };
    const now = {
      atMs: 6000,
      ended: new Map<number, Record<string, number>>([
        [1, { w1: 20, w2: 5 }],
        [2, { w1: 15 }],
      ]),
    };

    expect(ratesBetween(before, now)).toEqual(
      new Map([
        ['w1', 5],
        ['w2', 0],
      ]),
    );
  });
});
