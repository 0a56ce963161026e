/** Which inputs of a request have been seen already. */

import type { AnyInput, AnyKind } from '../shared/kinds/kinds.js';
import { NumberSet } from './number-set.js';
import { TextSet } from './text-set.js';

/** Takes inputs one after another and says of each whether it is new. */
export interface IdentitySet {
  add(input: AnyInput): boolean;
}

/** The set for a kind, by what makes two of its inputs the same: a number, a text, or nothing. */
export function identitySetOf(kind: AnyKind): IdentitySet {
  const numbers = new NumberSet();
  const texts = new TextSet();
  return {
    add: (input) => {
      const identity = kind.identity(input);
      if (identity === undefined) return true;
      return typeof identity === 'number' ? numbers.add(identity) : texts.add(identity);
    },
  };
}
