/** A set of texts that keeps eight bytes of each, however long they are. */

import { hash } from 'node:crypto';

/** The first bits of a text's hash choose a table, so that growing copies one small table at a time. */
const TABLES = 64;

const CAPACITY_FIRST = 64;

/** A table doubles when it is fuller than this. */
const FILL_MAX = 0.7;

/**
 * Texts known by the first 64 bits of their SHA-256. Two different texts are taken for the same
 * with a probability of n² / 2^65: one in 37,000,000 sets of a million texts, one in 370,000 of ten
 * million.
 */
export class TextSet {
  private readonly tables = Array.from({ length: TABLES }, () => new PairTable());

  /** Adds a text; returns whether it is new. */
  add(text: string): boolean {
    const digest = hash('sha256', text, 'buffer');
    const table = this.tables[(digest[8] ?? 0) % TABLES];
    return table?.add(digest.readUInt32LE(0), digest.readUInt32LE(4)) ?? false;
  }
}

/** Pairs of 32-bit numbers in an open-addressing table; the pair of zeros stands for "empty". */
class PairTable {
  private slots = new Uint32Array(2 * CAPACITY_FIRST);
  private members = 0;

  add(high: number, low: number): boolean {
    if (!place(this.slots, high, low)) return false;
    this.members += 1;
    if (this.members * 2 > this.slots.length * FILL_MAX) this.grow();
    return true;
  }

  private grow(): void {
    const larger = new Uint32Array(this.slots.length * 2);
    for (let slot = 0; slot < this.slots.length; slot += 2) {
      const high = this.slots[slot] ?? 0;
      const low = this.slots[slot + 1] ?? 0;
      if (high !== 0 || low !== 0) place(larger, high, low);
    }
    this.slots = larger;
  }
}

function place(slots: Uint32Array, high: number, low: number): boolean {
  const mask = slots.length - 1;
  let slot = (low * 2) & mask;
  while (slots[slot] !== 0 || slots[slot + 1] !== 0) {
    if (slots[slot] === high && slots[slot + 1] === low) return false;
    slot = (slot + 2) & mask;
  }
  slots[slot] = high;
  slots[slot + 1] = low;
  return true;
}
