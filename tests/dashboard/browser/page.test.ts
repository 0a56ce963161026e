import { describe, expect, it } from 'vitest';
import { pageOf } from '../../../dashboard/browser/page.js';

describe('pageOf()', () => {
  it.each([
    ['/', { queue: undefined, run: undefined, brief: false }],
    ['/queue/comics', { queue: 'comics', run: undefined, brief: true }],
    ['/queue/comics/r7.12', { queue: undefined, run: 7, brief: true }],
    ['/queue/runs', { queue: undefined, run: undefined, brief: true }],
    ['/queue/watches', { queue: undefined, run: undefined, brief: true }],
    ['/queue/runs/run-7', { queue: undefined, run: 7, brief: true }],
    ['/runs/run-7', { queue: undefined, run: 7, brief: false }],
    ['/runs/7', { queue: undefined, run: 7, brief: false }],
  ])('knows what %s shows', (path, page) => {
    expect(pageOf(path)).toEqual(page);
  });

  it.each([
    '/queue/comics/foreign',
    '/queue/comics/r7.1/logs',
    '/job-schedulers',
    '/metrics-history',
    '/queue/runs/x',
    '/runs',
    '/workers',
    '/queue/',
  ])('leaves %s alone', (path) => {
    expect(pageOf(path)).toBeUndefined();
  });
});
