import { describe, expect, test } from 'vitest';
import { compareRequestOf, requestsOf, requireAgreement } from '../../../cli/commands/compare.js';
import { EXIT } from '../../../shared/base/errors.js';

const COMICS = { kind: 'comics', words: ['1-200'] };

describe('compareRequestOf()', () => {
  test('measures once, at the concurrency of the kind, always fetching', () => {
    expect(compareRequestOf(COMICS)).toMatchObject({
      run: { kind: 'comic', words: ['1-200'], refetch: true, times: 1 },
      concurrencies: [10],
      passes: 1,
      warmUp: true,
      exports: [],
      minSpeedUp: undefined,
      useWorkers: false,
      agreed: false,
    });
  });

  test('reads a sweep in order, each concurrency once', () => {
    expect(compareRequestOf({ ...COMICS, sweep: '50, 1,5,5' }).concurrencies).toEqual([1, 5, 50]);
  });

  test('reads how often, how fast at least, and what a person agreed to', () => {
    const flags = { ...COMICS, concurrency: '50', repeat: '5', minSpeedup: '30.5', yes: true };

    expect(compareRequestOf({ ...flags, yes: true })).toMatchObject({
      concurrencies: [50],
      passes: 5,
      minSpeedUp: 30.5,
      agreed: true,
    });
  });

  test.each([
    [{ kind: undefined }, 'Say what to compare'],
    [{ kind: 'comcis' }, 'There is no kind "comcis"'],
    [{ concurrency: '0' }, '--concurrency must be'],
    [{ concurrency: 'auto' }, '--concurrency must be'],
    [{ sweep: '1,x' }, 'Each number of --sweep must be a whole number from 1 to 10000, got "x"'],
    [{ sweep: '' }, '--sweep must be'],
    [{ concurrency: '5', sweep: '1,2' }, 'exclude each other'],
    [{ repeat: '0' }, '--repeat must be'],
    [{ minSpeedup: '-1' }, '--min-speedup must be'],
    [{ minSpeedup: '0' }, '--min-speedup must be'],
    [{ minSpeedup: '1e3' }, '--min-speedup must be'],
    [{ exportCsv: '-', json: true as const }, 'both write to stdout'],
    [{ useWorkers: true as const, concurrency: '5' }, '--use-workers measures'],
    [{ useWorkers: true as const, sweep: '5' }, '--use-workers measures'],
  ])('refuses %j', (flags, message) => {
    expect(() => compareRequestOf({ ...COMICS, ...flags })).toThrow(
      expect.objectContaining({
        exitCode: EXIT.usage,
        message: expect.stringContaining(message) as string,
      }),
    );
  });
});

describe('requireAgreement()', () => {
  const xkcd = { url: 'https://xkcd.com/{id}/info.0.json' };
  const local = { url: 'http://127.0.0.1:4000/{id}' };
  const sweep = { jobs: 200, passes: 2, steps: 6, warmUp: false };
  const twice = { jobs: 200, passes: 2, steps: 1, warmUp: true };

  test('counts every run of every pass, and the warm-up', () => {
    expect(requestsOf(sweep)).toBe(2800);
    expect(requestsOf(twice)).toBe(1000);
  });

  test('asks before a sweep or a repeat of a site elsewhere', () => {
    expect(() => requireAgreement(xkcd, sweep, false)).toThrow(
      'This would ask xkcd.com 2,800 times (200 jobs, 14 runs). Add --yes',
    );
    expect(() => requireAgreement(xkcd, twice, false)).toThrow('1,000 times (200 jobs, 5 runs)');
  });

  test.each([
    ['one comparison after a warm-up', xkcd, { ...twice, passes: 1 }, false],
    ['an agreement', xkcd, sweep, true],
    ['a site on this machine', local, sweep, false],
    ['a kind without a site', undefined, sweep, false],
  ])('asks nothing for %s', (_, site, extent, agreed) => {
    expect(() => requireAgreement(site, extent, agreed)).not.toThrow();
  });
});
