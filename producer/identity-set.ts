/** Which inputs of a request have been seen already. */

import { hash } from 'node:crypto';
import type { AnyInput, AnyKind } from '../shared/kinds/kinds.js';

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

const CAPACITY_FIRST = 2 ** 12;

/**
 * Few and long steps: a table that was left is freed only when the collector sees to it, so many
 * of similar size would be held at once (measured: 97 MB instead of 68). The system gives memory
 * to the parts of a table that are written to, so a large one costs what is in it.
 */
const GROWTH = 2 ** 4;

/** A table grows when it is fuller than this: fuller ones need long searches. */
const FILL_MAX = 0.7;

/** 2^32 divided by the golden ratio: spreads neighbours over all bits (Knuth, volume 3, 6.4). */
const SPREAD = 0x9e3779b1;

/**
 * Keys of one or two 32-bit words, of which the first is not 0, in an open-addressing table: ten
 * million of one word take 64 MiB, where a `Set` of numbers takes over 500.
 */
export class KeySet {
  private readonly words: 1 | 2;
  private table: Uint32Array;
  private members = 0;

  constructor(words: 1 | 2) {
    this.words = words;
    this.table = new Uint32Array(CAPACITY_FIRST * words);
  }

  /** Adds a key; returns whether it is new. The second of two words must be evenly spread. */
  add(first: number, second = 0): boolean {
    if (!this.place(first, second)) return false;
    this.members += 1;
    if (this.members * this.words > this.table.length * FILL_MAX) this.grow();
    return true;
  }

  private place(first: number, second: number): boolean {
    const { table, words } = this;
    const capacity = table.length / words;
    const spread = words === 1 ? Math.imul(first, SPREAD) : second;
    // The highest bits of a product are those that every bit of the number has moved.
    let slot = spread >>> (Math.clz32(capacity) + 1);
    while (table[slot * words] !== 0) {
      if (table[slot * words] === first && this.secondAt(table, slot) === second) return false;
      slot = (slot + 1) & (capacity - 1);
    }
    table[slot * words] = first;
    if (words === 2) table[slot * 2 + 1] = second;
    return true;
  }

  private secondAt(table: Uint32Array, slot: number): number {
    return this.words === 2 ? (table[slot * 2 + 1] ?? 0) : 0;
  }

  private grow(): void {
    const left = this.table;
    this.table = new Uint32Array(left.length * GROWTH);
    for (let slot = 0; slot * this.words < left.length; slot += 1) {
      const first = left[slot * this.words] ?? 0;
      if (first !== 0) this.place(first, this.secondAt(left, slot));
    }
  }
}
