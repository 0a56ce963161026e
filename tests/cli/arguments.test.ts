import { describe, expect, test } from 'vitest';
import {
  concurrencyOf,
  intervalsOf,
  kindsOf,
  nearestWord,
  parseDuration,
  requireRate,
} from '../../cli/arguments.js';
import { KIND_NAMES } from '../../shared/kinds/kinds.js';

describe('parseDuration()', () => {
  test.for([
    ['90s', 90_000],
    ['90', 90_000],
    ['1.5h', 5_400_000],
    ['500ms', 500],
    ['15m', 900_000],
    ['7d', 604_800_000],
    ['0', 0],
    ['400d', undefined],
    ['-1s', undefined],
    ['1 h', undefined],
    ['soon', undefined],
    ['', undefined],
  ] as const)('reads %s as %s', ([text, ms]) => {
    expect(parseDuration(text)).toBe(ms);
  });
});

describe('requireRate()', () => {
  test.for([
    ['10/s', 100],
    ['600/m', 100],
    ['6/m', 10_000],
    ['0.5/s', 2000],
    ['100/h', 36_000],
    ['2/h', 1_800_000],
  ] as const)('reads %s as one request every %s ms', ([text, intervalMs]) => {
    expect(requireRate(text).intervalMs).toBeCloseTo(intervalMs, 6);
  });

  test('reads off as no rate', () => {
    expect(requireRate('off')).toEqual({ intervalMs: undefined });
  });

  test.for(['0/s', '10', '10/d', '-1/s', '100000/s', '', 'fast'])('refuses "%s"', (text) => {
    expect(() => requireRate(text)).toThrow('Cannot read the rate');
  });
});

describe('concurrencyOf()', () => {
  test('gives every kind its own number when nothing is said', () => {
    expect([...concurrencyOf(undefined, KIND_NAMES)]).toEqual([
      ['comic', 10],
      ['picture', 5],
      ['search', 3],
      ['sleep', 10],
    ]);
  });

  test('leaves pictures and searches alone unless they are named, or there is nothing else', () => {
    expect([...concurrencyOf('50', KIND_NAMES)]).toEqual([
      ['comic', 50],
      ['picture', 5],
      ['search', 3],
      ['sleep', 50],
    ]);
    expect([...concurrencyOf('50,searches=2', ['comic', 'search'])]).toEqual([
      ['comic', 50],
      ['search', 2],
    ]);
    expect([...concurrencyOf('50,pictures=9', ['comic', 'picture'])]).toEqual([
      ['comic', 50],
      ['picture', 9],
    ]);
    expect([...concurrencyOf('50', ['search'])]).toEqual([['search', 50]]);
  });

  test('sets single kinds and leaves the others', () => {
    expect([...concurrencyOf('comics=50,searches=auto', KIND_NAMES)]).toEqual([
      ['comic', 50],
      ['picture', 5],
      ['search', 'auto'],
      ['sleep', 10],
    ]);
  });

  test.for(['0', '-1', '1.5', 'x', 'comics=', '', '10001'])('refuses "%s"', (text) => {
    expect(() => concurrencyOf(text, KIND_NAMES)).toThrow('Cannot read the concurrency');
  });

  test('refuses a kind that there is not', () => {
    expect(() => concurrencyOf('comic=5', KIND_NAMES)).toThrow('Did you mean comics?');
  });
});

describe('kindsOf()', () => {
  test('reads plurals, each once', () => {
    expect(kindsOf('searches, comics,searches', KIND_NAMES)).toEqual(['search', 'comic']);
  });
});

describe('nearestWord()', () => {
  test.for([
    ['comcs', 'comics'],
    ['comic', 'comics'],
    ['serches', 'searches'],
    ['slepes', 'sleeps'],
    ['xkcd', undefined],
    ['', undefined],
  ] as const)('of "%s" is %s', ([word, nearest]) => {
    expect(nearestWord(word, ['comics', 'searches', 'sleeps'])).toBe(nearest);
  });
});

describe('intervalsOf()', () => {
  test('reads one rate for all kinds, and one for each', () => {
    expect([...intervalsOf(undefined, KIND_NAMES)]).toEqual([]);
    expect([...intervalsOf('10/s', ['comic', 'search'])]).toEqual([
      ['comic', 100],
      ['search', 100],
    ]);
    expect([...intervalsOf('10/s,searches=6/m,sleeps=off', KIND_NAMES)]).toEqual([
      ['comic', 100],
      ['picture', 100],
      ['search', 10_000],
    ]);
  });

  test.for(['10', 'comics=', 'comics=x/s', ''])('refuses "%s"', (text) => {
    expect(() => intervalsOf(text, KIND_NAMES)).toThrow('Cannot read the rate');
  });
});
