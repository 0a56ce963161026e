import { describe, expect, it } from 'vitest';
import { fetchTimesText, figuresOf, sentenceOf } from '../../../dashboard/browser/figures.js';
import { BASELINE, RUN, runWith, VIEW } from './view.js';

const comparison = RUN.report.comparison;
if (comparison === null) throw new Error('The run of these tests is compared');

describe('figuresOf()', () => {
  it('shows a run that is done', () => {
    expect(figuresOf(RUN, VIEW)).toEqual({
      hero: {
        label: 'Speed-up',
        isSpeedUp: true,
        value: '35.1×',
        unit: '',
        note: 'median of 5 passes, 34.2× to 36.0×',
      },
      run: { value: '655', unit: 'jobs/s', note: '50 at a time · 72 % of the ideal · median of 5' },
      baseline: { value: '18.7', unit: 'jobs/s', note: 'one at a time · median of 5', run: 6 },
      done: { value: '200', unit: 'of 200', note: '200 stored · in 0.30 s' },
    });
  });

  it('shows how a live run goes, and when it will be over', () => {
    const live = { ...RUN, live: true, recentPerSecond: 61.2, remainingMs: 16_400 };
    const report = { ...RUN.report, ended: 50, outcomes: { stored: 50 }, medians: null };
    const figures = figuresOf({ ...live, report }, VIEW);

    expect(figures.hero.note).toBe('so far');
    expect(figures.run.note).toBe('50 at a time · 61.2 jobs/s in the last 10 s');
    expect(figures.done).toEqual({
      value: '50',
      unit: 'of 200',
      note: '50 stored · about 16 s left',
    });
  });

  it('says so before the first job', () => {
    const waiting = runWith({
      ended: 0,
      outcomes: {},
      medians: null,
      throughputPerSecond: null,
      concurrency: 0,
      wallMs: null,
    });
    const figures = figuresOf({ ...waiting, live: true }, VIEW);

    expect(figures.run).toEqual({ value: '–', unit: 'jobs/s', note: 'no job has ended yet' });
    expect(figures.done.note).toBe('waiting for its first job');
  });

  it('says of a single run that it is one pass', () => {
    const run = runWith({ medians: null, comparison: { ...comparison, range: null } });

    expect(figuresOf(run, VIEW).hero).toMatchObject({
      value: '35.1×',
      note: 'one pass, no warm-up',
    });
  });

  it.each([
    [
      'no speed-up: 200 already kept',
      { comparison: { ...comparison, speedUp: null, note: '200 already kept' } },
    ],
    ['no baseline yet', { comparison: null }],
    ['warm-up, not measured', { comparison: null, group: 7 }],
    [
      'another selection: about 6×',
      {
        comparison: {
          ...comparison,
          label: 'other selection' as const,
          speedUp: null,
          estimate: 6.2,
          note: 'the baseline has another selection',
        },
      },
    ],
  ])('shows the throughput, and small why there is no speed-up: %s', (note, changes) => {
    const { hero } = figuresOf(runWith(changes), VIEW);

    expect(hero).toEqual({
      label: 'Throughput',
      isSpeedUp: false,
      value: '655',
      unit: 'jobs/s',
      note,
    });
  });

  it('says how large a baseline of another selection was', () => {
    const other = { ...comparison, label: 'other selection' as const };

    expect(figuresOf(runWith({ comparison: other }), VIEW).baseline.note).toBe(
      'other selection: 200 comics · median of 5',
    );
  });

  it('shows a baseline as such', () => {
    const figures = figuresOf(BASELINE, VIEW);

    expect(figures.hero).toMatchObject({ label: 'Throughput', note: 'one at a time' });
    expect(figures.baseline).toEqual({ value: '18.7', unit: 'jobs/s', note: 'one at a time' });
  });

  it('counts what was given up neither as done nor as failed', () => {
    const run = runWith({ state: 'cancelled', outcomes: { stored: 60, cancelled: 140 } });

    expect(figuresOf(run, VIEW).done).toEqual({
      value: '60',
      unit: 'of 200',
      note: '60 stored, 140 cancelled · in 0.30 s',
    });
  });

  it('counts failures', () => {
    const run = runWith({ outcomes: { stored: 1, kept: 187, invalid: 12 } });

    expect(figuresOf(run, VIEW).done.note).toBe('1 stored, 187 kept, 12 failed · in 0.30 s');
  });
});

describe('sentenceOf()', () => {
  it('sets the one time beside the other, as the speed-up does', () => {
    expect(
      sentenceOf(runWith({ medians: null, comparison: { ...comparison, baselineWallMs: 10_700 } })),
    ).toBe('10.7 s one after another, 0.30 s with 50 at a time');
  });

  it('is none without a speed-up, and of a run that goes on', () => {
    const none = runWith({ comparison: { ...comparison, speedUp: null } });

    expect([sentenceOf(none), sentenceOf({ ...RUN, live: true }), sentenceOf(BASELINE)]).toEqual([
      '',
      '',
      '',
    ]);
  });
});

describe('fetchTimesText()', () => {
  it('is one line, or none; sleeps have no fetches', () => {
    expect(fetchTimesText(RUN)).toBe('fetch times: median 52.4 ms, p95 60.0 ms, p99 1.20 s');
    expect(fetchTimesText(runWith({ site: '' }))).toMatch(/^each took: median/);
    expect(
      fetchTimesText(runWith({ fetch: { ...RUN.report.fetch, p50Ms: 0, p95Ms: 0, p99Ms: 0 } })),
    ).toBe('');
  });
});
