import { describe, expect, it } from 'vitest';
import { identitySetOf, KeySet } from '../../producer/identity-set.js';
import { kindOf, KINDS } from '../../shared/kinds/kinds.js';

describe('KeySet', () => {
  it.each([
    ['neighbours', (index: number) => index + 1],
    ['far apart', (index: number) => (index + 1) * 4096],
    ['the largest', (index: number) => 2 ** 32 - 1 - index],
  ])('says of each number once that it is new: %s', (_, numberAt) => {
    const set = new KeySet(1);
    const numbers = Array.from({ length: 100_000 }, (__, index) => numberAt(index));

    expect(numbers.every((number) => set.add(number))).toBe(true);
    expect(numbers.some((number) => set.add(number))).toBe(false);
  });

  it('tells pairs apart by both of their words', () => {
    const set = new KeySet(2);

    expect([set.add(1, 0), set.add(1, 5), set.add(2, 5), set.add(1, 5)]).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });
});

describe('identitySetOf()', () => {
  it('knows a hundred thousand terms', () => {
    const set = identitySetOf(kindOf('search'));
    const terms = Array.from({ length: 100_000 }, (_, index) => ({ term: `term ${index}` }));

    expect(terms.every((term) => set.add(term))).toBe(true);
    expect(terms.some((term) => set.add(term))).toBe(false);
  });

  it('takes every sleep for a new one', () => {
    const set = identitySetOf(kindOf('sleep'));
    const { input } = KINDS.sleep.sample;

    expect([set.add(input), set.add(input)]).toEqual([true, true]);
  });
});
