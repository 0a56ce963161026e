/** Which inputs of a request have been seen already. */

import { hash } from 'node:crypto';
import type { AnyInput, AnyKind } from '../shared/kinds/kinds.js';
import { KeySet } from './key-set.js';

/** Takes inputs one after another and says of each whether it is new. */
export interface IdentitySet {
  add(input: AnyInput): boolean;
}

/**
 * The set for a kind, by what makes two of its inputs the same. Texts are known by 63 bits of their
 * SHA-256: two different ones are taken for the same with a probability of n² / 2^64, which is one
 * set of a million texts in 18 million, and one of ten million in 180,000.
 */
export function identitySetOf(kind: AnyKind): IdentitySet {
  const numbers = new KeySet(1);
  const texts = new KeySet(2);
  return {
    add: (input) => {
      const identity = kind.identity(input);
      if (identity === undefined) return true;
      if (typeof identity === 'number') return numbers.add(identity + 1);
      // As text: a buffer for each would cost twice the time (measured).
      const digest = hash('sha256', identity, 'hex');
      return texts.add(wordAt(digest, 0) + 1, wordAt(digest, 1));
    },
  };
}

/** A word of a hexadecimal text; the first is cut to 31 bits, so that one more is never 0. */
function wordAt(digest: string, index: 0 | 1): number {
  const word = Number.parseInt(digest.slice(index * 8, index * 8 + 8), 16);
  return index === 0 ? word >>> 1 : word;
}
