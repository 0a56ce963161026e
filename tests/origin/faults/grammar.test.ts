import { describe, expect, test } from 'vitest';
import { parseFaults } from '../../../origin/faults/grammar.js';
import { FAULTS, faultsHelp } from '../../../origin/faults/table.js';
import { CommandError, EXIT } from '../../../shared/base/errors.js';

describe('parseFaults', () => {
  test.each([
    ['', []],
    [' ; , ', []],
    ['503', [{ name: '503', settings: {} }]],
    [
      '429:rate=0.01,retry-after=2, 503',
      [
        { name: '429', settings: { rate: 0.01, 'retry-after': '2' } },
        { name: '503', settings: {} },
      ],
    ],
    [
      'slow : interval=20 , ids=1-5+9;limit=20,retry-after=1',
      [
        {
          name: 'slow',
          settings: {
            interval: 20,
            ids: [
              { from: 1, to: 5 },
              { from: 9, to: 9 },
            ],
          },
        },
        { name: 'limit', settings: { limit: 20, 'retry-after': '1' } },
      ],
    ],
    [
      '429:retry-after="Wed, 21 Oct 2026 07:28:00 GMT";stall:ids="1,3-4"',
      [
        { name: '429', settings: { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' } },
        {
          name: 'stall',
          settings: {
            ids: [
              { from: 1, to: 1 },
              { from: 3, to: 4 },
            ],
          },
        },
      ],
    ],
    ['429:retry-after=-5', [{ name: '429', settings: { 'retry-after': '-5' } }]],
    [
      'redirect-loopback:to=http://127.0.0.1:1/x?y=1',
      [{ name: 'redirect-loopback', settings: { to: 'http://127.0.0.1:1/x?y=1' } }],
    ],
    ['503:only=latest', [{ name: '503', settings: { only: 'latest' } }]],
  ])('%j', (text, faults) => {
    expect(parseFaults(text)).toEqual(faults);
  });

  test.each([
    ['503,nothing', /"nothing": there is no such fault; there are 204, .*429.*javascript/],
    ['__proto__', /no such fault/],
    ['rate=1', /"rate=1": an option needs a fault before it/],
    ['503:mib=2', /"503:mib=2": there is no such option; 503 takes every=N, .*retry-after=TEXT/],
    ['503,mib=2', /"mib=2": there is no such option/],
    ['503:', /"503:": after the colon goes an option/],
    ['503:often', /after the colon goes an option/],
    ['503:rate=2', /"503:rate=2": needs a number from 0 to 1/],
    ['503:rate=', /"503:rate=": needs a number/],
    ['503:every=0', /"503:every=0": needs 1 to/],
    ['503:every=1.5', /"503:every=1.5": needs a whole number/],
    ['503:every=1,every=2', /"every=2": the option was given before/],
    ['503:ids=a', /"503:ids=a": needs ids like/],
    ['503:only=images', /"503:only=images": needs one of comics, searches, latest/],
    ['consent:only=comics', /"consent:only=comics": it is a fault of searches only/],
    ['consent:only=latest', /fault of searches only/],
    ['html200:only=searches', /fault of comics only/],
    ['429:retry-after="x', /a quote is not closed/],
    ['429:retry-after=\u001b[2J', /"429:retry-after=\\u001b\[2J": needs printable ASCII/],
    ['limit', /"limit": it needs its number, as in limit=20/],
    ['limit=many', /"limit:limit=many": needs a whole number/],
  ])('%j is refused', (text, message) => {
    const parse = (): unknown => parseFaults(text);

    expect(parse).toThrow(CommandError);
    expect(parse).toThrow(expect.objectContaining({ exitCode: EXIT.usage }));
    expect(parse).toThrow(message);
  });
});

test('faultsHelp() names every fault', () => {
  const help = faultsHelp();

  for (const name of Object.keys(FAULTS)) expect(help).toContain(`  ${name} `);
});
