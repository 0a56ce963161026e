import { describe, expect, it } from 'vitest';
import type { Notice } from '../../../dashboard/api/notice.js';
import type { PanelView, RunView } from '../../../dashboard/api/panel-view.js';
import {
  coursesOf,
  fetchTimesText,
  figuresOf,
  noticesOf,
  sentenceOf,
  stateOf,
} from '../../../dashboard/browser/figures.js';
import { type Extent, type Plot, plotOn } from '../../../shared/report/chart.js';
import type { Standstill } from '../../../shared/report/standstill.js';
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

  it('says how many are queued while its producer adds them', () => {
    const open = runWith({ state: 'open', added: 120, ended: 0, outcomes: {}, medians: null });

    expect(figuresOf({ ...open, live: true }, VIEW).done.note).toBe('120 queued so far');
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

    expect(figures.run).toEqual({ value: '–', unit: '', note: 'no job has ended yet' });
    expect(figures.done.note).toBe('waiting for its first job');
  });

  it('says what was best of the sweep that a run is a step of', () => {
    const step = { run: 5, concurrency: 40, speedUp: 41.2, range: null };
    const own = { ...step, run: 7, concurrency: 50, speedUp: 35.1 };
    const noteIn = (...sweep: (typeof step)[]): string =>
      figuresOf(runWith({ medians: null }), { ...VIEW, sweep }).hero.note;

    expect(noteIn(own, step)).toBe(
      'one pass, no warm-up · best of the sweep: 41.2× with 40 at a time',
    );
    expect(noteIn(own)).toBe('one pass, no warm-up');
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

const GOING = { ...runWith({ ended: 50, state: 'sealed' }), live: true, recentPerSecond: 60 };

function stopped(why: Standstill['why'], brief: string): typeof VIEW {
  const standstill: Standstill = { why, brief, text: brief, remedy: null, endsInMs: null };
  return { ...VIEW, standstills: [standstill] };
}

describe('stateOf()', () => {
  it('is that of the run: what holds it, and whether jobs end', () => {
    const byHand = stopped('paused', 'paused by hand');

    expect(stateOf(GOING, VIEW, 0)).toEqual({ tone: 'live', text: 'running', isStale: false });
    expect(stateOf(GOING, byHand, 0)).toMatchObject({ tone: 'warning', text: 'paused by hand' });
    expect(stateOf({ ...GOING, recentPerSecond: 0 }, VIEW, 0).text).toBe('stands still');
    expect(stateOf(RUN, VIEW, 0)).toMatchObject({ tone: 'good', text: 'done' });
  });

  it('is green where jobs move seldom, as a rate has them', () => {
    const limited = stopped('slow-rate', '6 an hour');

    expect(stateOf(GOING, limited, 0).tone).toBe('live');
    expect(stateOf({ ...GOING, recentPerSecond: 0 }, limited, 0).text).toBe('6 an hour');
  });

  it('says how old the figures are while nothing new is known', () => {
    expect(stateOf(GOING, { ...VIEW, redisDownForMs: 12_000 }, 0)).toEqual({
      tone: 'warning',
      text: 'as it was 12 s ago',
      isStale: true,
    });
    expect(stateOf(RUN, VIEW, 40_000)).toMatchObject({ text: 'as it was 40 s ago', isStale: true });
  });
});

const SEEN = { away: false, picked: false };

const PAUSED: Notice = { tone: 'warning', text: 'comics is paused by hand.' };

describe('noticesOf()', () => {
  it('says at a run that was picked that a newer one goes on', () => {
    const choices = [
      { run: 9, title: 'run-9 · 5 comics · live', live: true },
      { run: 7, title: 'run-7', live: false },
    ];
    const picked = { away: false, picked: true };

    expect(noticesOf({ ...VIEW, choices }, picked)).toMatchObject([{ tone: 'hint', run: 9 }]);
    expect(noticesOf({ ...VIEW, choices }, SEEN)).toEqual([]);
    expect(noticesOf({ ...VIEW, choices: choices.slice(1) }, picked)).toEqual([]);
  });

  it('says what the board says, and nothing of a run that went well', () => {
    expect(noticesOf(VIEW, SEEN)).toEqual([]);
    expect(noticesOf({ ...VIEW, notices: [PAUSED] }, SEEN)).toEqual([PAUSED]);
  });

  it('says that the server is away, and nothing else', () => {
    const view = { ...VIEW, redisDownForMs: 5, notices: [PAUSED] };

    expect(noticesOf(view, { away: true, picked: false })).toEqual([
      { tone: 'bad', text: 'The board’s server does not answer. Trying again.' },
    ]);
  });

  it('says that Redis is away before what was last seen', () => {
    const view = { ...VIEW, redisDownForMs: 12_000, notices: [PAUSED] };

    expect(noticesOf(view, SEEN).map(({ text }) => text)).toEqual([
      'Redis has not answered for 12 s. These are the last figures seen. The board goes on by itself.',
      PAUSED.text,
    ]);
  });
});

const PAPER = { left: 0, right: 640, top: 0, bottom: 320 };

function plotOf(run: RunView, view: PanelView, extent: Extent): Plot {
  return plotOn(PAPER, coursesOf(run, view), extent);
}

describe('the chart of the panel', () => {
  it('shows the baseline to its end, or the run at its own scale', () => {
    const whole = plotOf(RUN, VIEW, 'whole');
    const zoomed = plotOf(RUN, VIEW, 'run');

    expect(whole.lastSeconds).toBeCloseTo(10.7 * 1.04);
    expect(zoomed.lastSeconds).toBeCloseTo(0.305 * 1.04);
    expect(whole.lines.map(({ name }) => name)).toEqual(['ideal', 'baseline', 'run']);
    expect(whole.y.ticks.map(({ label }) => label)).toEqual(['0', '50', '100', '150', '200']);
    expect(whole.x.title).toBe('elapsed seconds');
  });

  it('leaves room for what a live run has still to do', () => {
    const live = { ...RUN, live: true, elapsedSeconds: 2, remainingMs: 6000 };
    const chart = plotOf(live, VIEW, 'run');

    expect(chart.lastSeconds).toBeCloseTo(8 * 1.04);
    expect(chart.lines.at(-1)?.points.at(-1)).toEqual([2, 200, 0]);
  });

  it('changes to minutes and hours with the length', () => {
    const titleOf = (seconds: number): string =>
      plotOf({ ...RUN, points: [[seconds, 5, 0]] }, VIEW, 'run').x.title;

    expect([200, 300, 20_000].map(titleOf)).toEqual([
      'elapsed seconds',
      'elapsed minutes',
      'elapsed hours',
    ]);
  });

  it('extrapolates one at a time where the baseline is of other jobs, and says so', () => {
    const chart = plotOf(RUN, { ...VIEW, ray: { run: 6, perSecond: 20 } }, 'whole');

    expect(chart.lines.map(({ name }) => name)).toEqual(['ideal', 'ray', 'run']);
    expect(chart.lines[1]).toEqual({
      name: 'ray',
      label: 'one at a time as in run-6, extrapolated',
      points: [
        [0, 0],
        [10, 200],
      ],
    });
    expect(
      plotOf(RUN, { ...VIEW, ray: { run: 6, perSecond: 20 } }, 'run').lastSeconds,
    ).toBeLessThan(1);
  });

  it('draws an empty paper of a run that has not begun', () => {
    const chart = plotOf({ ...RUN, points: [] }, { ...VIEW, baseline: null }, 'whole');

    expect(chart.x.ticks.length).toBeGreaterThan(1);
  });
});
