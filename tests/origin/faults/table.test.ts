import { describe, expect, test } from 'vitest';
import { FAULTS, faultsHelp, parseFault } from '../../../origin/faults/table.js';
import { CommandError, EXIT } from '../../../shared/base/errors.js';

describe('parseFault()', () => {
  test.each([
    ['503', { name: '503', settings: {} }],
    [' 503? ', { name: '503', settings: {} }],
    ['429?rate=0.01&retry-after=2', { name: '429', settings: { rate: 0.01, 'retry-after': '2' } }],
    [
      'slow?interval=20&ids=1-5,9',
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
    ],
    [
      'limit?above=20&retry-after=1',
      { name: 'limit', settings: { above: 20, 'retry-after': '1' } },
    ],
    [
      '429?retry-after=Wed, 21 Oct 2026 07:28:00 GMT',
      { name: '429', settings: { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' } },
    ],
    ['429?retry-after=-5', { name: '429', settings: { 'retry-after': '-5' } }],
    [
      'redirect-loopback?to=http://127.0.0.1:1/x?y=1%26z=2',
      { name: 'redirect-loopback', settings: { to: 'http://127.0.0.1:1/x?y=1&z=2' } },
    ],
    ['503?only=latest', { name: '503', settings: { only: 'latest' } }],
  ])('reads %j', (text, fault) => {
    expect(parseFault(text)).toEqual({ text, ...fault });
  });

  test.each([
    ['nothing', '"nothing": there is no such fault. List them with: comic-queue origin --help'],
    ['', '"": there is no such fault'],
    ['__proto__', 'no such fault'],
    ['429:rate=0.01', '"429:rate=0.01": there is no such fault'],
    [
      '503?mib=2',
      '"503?mib=2": it has no option "mib"; it takes every, first, each, rate, ids, only, retry-after',
    ],
    ['503?__proto__=2', 'it has no option "__proto__"'],
    ['503?often', 'it has no option "often"'],
    ['503?rate=2', '"503?rate=2": rate needs a number from 0 to 1'],
    ['503?rate', 'rate needs a number from 0 to 1'],
    ['503?every=0', 'every needs 1 to 1000000000'],
    ['503?every=1.5', 'every needs a whole number'],
    ['503?every=1&every=2', 'an option is given twice'],
    ['503?ids=a', 'ids needs ids like 1-5,9'],
    ['503?only=images', 'only needs one of comics, pictures, searches, latest'],
    ['consent?only=comics', 'it is a fault of searches only'],
    ['consent?only=latest', 'it is a fault of searches only'],
    ['html200?only=searches', 'it is a fault of comics and pictures only'],
    [
      '429?retry-after=\u001b[2J',
      '"429?retry-after=\\u001b[2J": retry-after needs printable ASCII',
    ],
    ['limit', '"limit": above needs a whole number'],
    ['limit?above=many', 'above needs a whole number'],
  ])('refuses %j', (text, message) => {
    const parse = (): unknown => parseFault(text);

    expect(parse).toThrow(CommandError);
    expect(parse).toThrow(expect.objectContaining({ exitCode: EXIT.usage }));
    expect(parse).toThrow(message);
  });
});

test('faultsHelp() lists every fault and every option of each', () => {
  const help = faultsHelp();

  for (const [name, { options }] of Object.entries(FAULTS)) {
    expect(help).toContain(`  ${name} `);
    for (const option of Object.keys(options.shape)) expect(help).toContain(`  ${option}=`);
  }
});
