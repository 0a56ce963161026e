import { describe, expect, it } from 'vitest';
import {
  barPieces,
  heldBy,
  outcomeParts,
  type Outcomes,
  partsText,
  type StateFacts,
  stateOfRun,
  toneOf,
} from '../../../shared/report/outcome-bar.js';

const EVERY: Outcomes = {
  queued: 40,
  recovered: 3,
  outcomes: { stored: 10, slept: 1, kept: 4, missing: 2, invalid: 5, refused: 2, cancelled: 6 },
};

describe('outcomeParts()', () => {
  it('adds up to the jobs of the run, each in one part', () => {
    const parts = outcomeParts(EVERY);

    expect(parts.map(({ name, count }) => [name, count])).toEqual([
      ['stored', 10],
      ['slept', 1],
      ['kept', 4],
      ['missing', 2],
      ['recovered', 3],
      ['failed', 4],
      ['cancelled', 6],
      ['left', 10],
    ]);
    expect(parts.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
  });

  it('recovers no more than has failed', () => {
    const parts = outcomeParts({ queued: 1, outcomes: { invalid: 1 }, recovered: 5 });

    expect(parts.map(({ name }) => name)).toEqual(['recovered']);
  });

  it('is whole where more has ended than was asked for', () => {
    expect(outcomeParts({ queued: 1, outcomes: { stored: 2 } })).toEqual([
      { name: 'stored', tone: 'good', count: 2, share: 1 },
    ]);
  });
});

describe('partsText()', () => {
  it('names each part with its count', () => {
    expect(partsText(outcomeParts({ queued: 50, outcomes: { stored: 1, kept: 49 } }))).toBe(
      '1 stored, 49 kept',
    );
    expect(partsText(outcomeParts({ queued: 0, outcomes: {} }))).toBe('no job');
  });
});

describe('barPieces()', () => {
  it.each([8, 10, 13, 40])('takes %d characters, and shows even the smallest part', (columns) => {
    const pieces = barPieces(outcomeParts(EVERY), columns);

    expect(pieces.map(({ text }) => text).join('')).toHaveLength(columns);
    expect(pieces.every(({ text }) => text.length > 0)).toBe(true);
  });

  it('can do with ASCII', () => {
    const parts = outcomeParts({ queued: 10, outcomes: { stored: 5, invalid: 2, kept: 1 } });

    expect(barPieces(parts, 10, true).map(({ text }) => text)).toEqual(['#####', '=', 'xx', '..']);
    expect(barPieces(parts, 10).map(({ text }) => text)).toEqual(['█████', '▓', '××', '··']);
    expect(barPieces([], 10)).toEqual([]);
  });
});

describe('toneOf()', () => {
  it.each([
    ['good', { stored: 9, missing: 1 }, 10],
    ['good', { kept: 10 }, 10],
    ['bad', { stored: 9, invalid: 1 }, 10],
    ['doubtful', { missing: 1200 }, 1200],
    ['quiet', { cancelled: 10 }, 10],
    ['open', {}, 10],
  ])('is %s of %j', (tone, outcomes, queued) => {
    expect(toneOf(outcomeParts({ outcomes, queued }))).toBe(tone);
  });

  it('is good again once every failure has been recovered', () => {
    const outcomes = { stored: 5, refused: 5 };

    expect(toneOf(outcomeParts({ queued: 10, outcomes, recovered: 5 }))).toBe('good');
  });
});

describe('heldBy()', () => {
  const rate = { why: 'slow-rate', brief: '6 an hour' } as const;
  const paused = { why: 'paused', brief: 'paused by hand' } as const;

  it('names a rate only while no job ends', () => {
    expect(heldBy([rate], true)).toBeUndefined();
    expect(heldBy([rate], false)).toBe('6 an hour');
    expect(heldBy([paused], true)).toBe('paused by hand');
    expect(heldBy([], false)).toBeUndefined();
  });
});

describe('stateOfRun()', () => {
  const report = { state: 'sealed', queued: 10, ended: 5, outcomes: { stored: 5 } } as const;
  const GOING: StateFacts = { report, live: true, moves: true, held: undefined };
  const ended = (outcomes: Outcomes['outcomes'], recovered = 0): StateFacts => ({
    report: { state: 'ended', queued: 10, ended: 10, outcomes, recovered },
    live: false,
    moves: false,
    held: undefined,
  });

  it.each([
    ['running', 'live', GOING],
    ['paused by hand', 'warning', { ...GOING, held: 'paused by hand' }],
    ['waiting', 'warning', { ...GOING, report: { ...report, ended: 0 } }],
    ['stands still', 'warning', { ...GOING, moves: false }],
    ['being cancelled', 'warning', { ...GOING, report: { ...report, state: 'cancelled' } }],
    ['cancelled', 'bad', { ...GOING, live: false, report: { ...report, state: 'cancelled' } }],
    ['done', 'good', ended({ stored: 10 })],
    ['done', 'good', ended({ stored: 7, invalid: 3 }, 3)],
    ['done, with failures', 'bad', ended({ stored: 7, invalid: 3 })],
    ['done, most of it missing', 'warning', ended({ missing: 10 })],
  ] as const)('is %s, which is %s', (text, tone, facts) => {
    expect(stateOfRun(facts)).toEqual({ text, tone });
  });
});
