import { describe, expect, it } from 'vitest';
import {
  jobName,
  jobPayload,
  jobResult,
  runJobName,
  runResult,
} from '../../../dashboard/board/jobs.js';

/** A formatter that throws turns the page of its queue into an error. */
const ANYTHING: readonly unknown[] = [
  undefined,
  null,
  0,
  '',
  'text',
  [],
  {},
  { name: null, data: 7 },
];

describe('jobName()', () => {
  it.each([
    ['comic', { name: 'comic', data: { id: 614 } }, '614'],
    ['search', { name: 'search', data: { term: 'Your Name', refetch: true } }, 'Your Name'],
    ['sleep', { name: 'sleep', data: { seconds: 0.25 } }, '0.25'],
    ['comic', { name: 'foreign\u001b[2J', data: { nothing: 1 } }, String.raw`foreign\u001b[2J`],
  ] as const)('of a job of kind %s is what it is about', (kind, job, name) => {
    expect(jobName(kind, job)).toBe(name);
  });

  it('is short', () => {
    expect(jobName('comic', { name: 'x'.repeat(5000), data: {} })).toHaveLength(120);
  });
});

describe('jobResult()', () => {
  it('names what a job ended with', () => {
    expect(jobResult(['not-found', 1_795_000_000_000, 58, 52.4, 0, 2, 404])).toEqual({
      reason: 'not-found',
      meaning: 'the site answered 404',
      started: '2026-11-18T11:06:40.000Z',
      took: '58.0 ms',
      fetch: '52.4 ms',
      stored: '0 B',
      attempt: 2,
      status: 404,
    });
  });
});

describe('jobPayload()', () => {
  it('is left alone when small, and cut when large', () => {
    const cut = jobPayload({ text: 'x'.repeat(1_000_000) });

    expect(jobPayload({ id: 7 })).toEqual({ id: 7 });
    expect(JSON.stringify(cut).length).toBeLessThan(5000);
    expect(cut).toMatchObject({ cutShort: expect.stringContaining('1.00 MB of JSON') });
  });
});

describe('runJobName()', () => {
  it('leaves out the number that stands before it anyway', () => {
    expect(runJobName({ name: 'run-7 · 200 comics' })).toBe('200 comics');
  });
});

describe('every formatter', () => {
  it.each(ANYTHING)('takes %j', (value) => {
    for (const format of [jobPayload, jobResult, runJobName, runResult]) {
      expect(() => format(value)).not.toThrow();
    }
    expect(() => jobName('comic', value)).not.toThrow();
  });
});
