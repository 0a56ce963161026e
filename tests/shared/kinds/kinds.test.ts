import { describe, expect, it } from 'vitest';
import { KIND_NAMES, kindNameOfPlural, kindOf } from '../../../shared/kinds/kinds.js';

describe('kindNameOfPlural()', () => {
  it.each(KIND_NAMES)('finds the kind %s by what people type', (name) => {
    expect(kindNameOfPlural(kindOf(name).plural)).toBe(name);
  });

  it.each(['comic', 'Comics', 'constructor', ''])('finds none by %j', (plural) => {
    expect(kindNameOfPlural(plural)).toBeUndefined();
  });
});
