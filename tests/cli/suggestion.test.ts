import { expect, test } from 'vitest';
import { nearestWord } from '../../cli/arguments.js';

test.for([
  ['comcs', 'comics'],
  ['comic', 'comics'],
  ['serches', 'searches'],
  ['slepes', 'sleeps'],
  ['xkcd', undefined],
  ['', undefined],
] as const)('nearestWord() of "%s" is %s', ([word, nearest]) => {
  expect(nearestWord(word, ['comics', 'searches', 'sleeps'])).toBe(nearest);
});
