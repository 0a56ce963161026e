import { describe, expect, it } from 'vitest';
import { pageOf } from '../../../dashboard/browser/page.js';

describe('pageOf()', () => {
  it.each([
    ['/', { queue: undefined, run: undefined }],
    ['/queue/comics', { queue: 'comics', run: undefined }],
    ['/queue/runs', { queue: undefined, run: undefined }],
    ['/queue/runs/run-7', { queue: undefined, run: 7 }],
    ['/runs/run-7', { queue: undefined, run: 7 }],
    ['/runs/7', { queue: undefined, run: 7 }],
  ])('knows what %s shows', (path, page) => {
    expect(pageOf(path)).toEqual(page);
  });

  it.each([
    '/queue/comics/r7.1',
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
