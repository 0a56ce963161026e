import { expect, test } from 'vitest';
import type { Heartbeat } from '../../../shared/queues/heartbeat.js';
import { storeSplitWarnings } from '../../../shared/queues/store-split.js';

function worker(host: string, storeId: string, queues = ['comics', 'comics-baseline']): Heartbeat {
  return {
    id: `${host}-1`,
    host,
    pid: 7,
    version: '0.1.0',
    startedAtMs: 0,
    queues: Object.fromEntries(queues.map((queue) => [queue, 10])),
    active: {},
    idleMs: {},
    skewMs: 0,
    sites: {},
    out: '/data',
    storeId,
    trouble: null,
  };
}

test('storeSplitWarnings() names the places of workers that do not share their results', () => {
  const workers = [worker('one', 'a'), worker('two', 'b'), worker('three', 'a')];
  const warning =
    'The workers of comics do not share their results (one:/data, two:/data), so each fetches what others have. Give them one directory with --out.';

  expect(storeSplitWarnings(workers)).toEqual([warning]);
  expect(storeSplitWarnings(workers.toReversed())).toEqual([warning]);
});

test('storeSplitWarnings() names few of many places', () => {
  const workers = Array.from({ length: 40 }, (_, index) => worker(`host-${index}`, `${index}`));

  const [text] = storeSplitWarnings(workers);

  expect(text).toContain('(host-0:/data, host-10:/data, host-11:/data and 37 more)');
});

test.each([
  ['share a directory', [worker('one', 'a'), worker('two', 'a')]],
  ['fetch different kinds', [worker('one', 'a', ['comics']), worker('two', 'b', ['searches'])]],
  [
    'fetch from different sites',
    [
      { ...worker('one', 'a'), sites: { comic: 'https://xkcd.com/{id}' } },
      { ...worker('two', 'b'), sites: { comic: 'http://127.0.0.1:4000/{id}' } },
    ],
  ],
  ['store nothing', [worker('one', 'a', ['sleeps']), worker('two', 'b', ['sleeps'])]],
])('storeSplitWarnings() is silent about workers that %s', (_, workers) => {
  expect(storeSplitWarnings(workers)).toEqual([]);
});

test('storeSplitWarnings() sees that a baseline queue is of the same kind', () => {
  const workers = [worker('one', 'a', ['comics']), worker('two', 'b', ['comics-baseline'])];

  expect(storeSplitWarnings(workers)).toHaveLength(1);
});
