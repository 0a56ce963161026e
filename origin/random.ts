/** Seeded random numbers. */

/** Draws the next number, uniform in [0, 1). */
export type Random = () => number;

/**
 * A generator after Tommy Ettinger's public-domain mulberry32: 32 bits of state, the same sequence
 * for the same seed on every machine. Good enough for jitter and rates, not for secrets.
 */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
