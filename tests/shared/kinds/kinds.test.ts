import { describe, expect, it } from 'vitest';
import {
  KIND_NAMES,
  kindNameOfPlural,
  kindOf,
  kindsAskedBy,
  nounOf,
  recordKindOf,
} from '../../../shared/kinds/kinds.js';

describe('kindNameOfPlural()', () => {
  it.each(KIND_NAMES)('finds the kind %s by what people type', (name) => {
    expect(kindNameOfPlural(kindOf(name).plural)).toBe(name);
  });

  it.each(['comic', 'Comics', 'constructor', ''])('finds none by %j', (plural) => {
    expect(kindNameOfPlural(plural)).toBeUndefined();
  });
});

describe('kindsAskedBy()', () => {
  it('names the site of its records, where a kind goes by some', () => {
    expect(kindsAskedBy('picture')).toEqual(['picture', 'comic']);
    expect(kindsAskedBy('comic')).toEqual(['comic']);
    expect(recordKindOf('search')).toBeUndefined();
  });
});

describe('nounOf()', () => {
  it.each([
    ['search', 200, 'searches'],
    ['search', 1, 'search'],
    ['search', undefined, 'searches'],
    ['of-a-newer-version', 2, 'of-a-newer-version'],
  ])('calls %s, %j of them, %s', (kind, count, noun) => {
    expect(nounOf(kind, count)).toBe(noun);
  });
});
