import { describe, expect, it } from 'vitest';
import {
  initialState,
  nextState,
  type AutoState,
  type Interval,
} from '../../worker/auto-concurrency.js';

const MAX = 256;

/** A site that answers in 50 ms, with up to `knee` at once; noise of 3 % from a fixed seed. */
function siteWithKnee(knee: number, allowed = Number.POSITIVE_INFINITY) {
  let seed = 7;
  const noise = (): number => {
    seed = (seed * 16807) % 2147483647;
    return 0.97 + (seed / 2147483647) * 0.06;
  };
  return (concurrency: number): Interval => ({
    perSecond: (Math.min(concurrency, knee, allowed) / 0.05) * noise(),
    refusals: Math.max(0, concurrency - allowed),
    saturated: true,
  });
}

/** Each slot brings less than the one before (50 at once: 656/s, 200: 1,433/s); noise of 20 %. */
function siteThatSlowsDown(start: number) {
  let seed = start;
  const noise = (): number => {
    seed = (seed * 16807) % 2147483647;
    return 0.8 + (seed / 2147483647) * 0.4;
  };
  return (concurrency: number): Interval => ({
    perSecond: (20 * concurrency * noise()) / (1 + concurrency / 60) ** 0.7,
    refusals: 0,
    saturated: true,
  });
}

function run(site: (concurrency: number) => Interval, intervals: number): AutoState[] {
  const states = [initialState()];
  for (let interval = 0; interval < intervals; interval += 1) {
    const state = states.at(-1) ?? initialState();
    states.push(nextState(state, site(state.concurrency), MAX));
  }
  return states;
}

/** The median: a probe upwards now and then belongs to having settled. */
function usual(states: readonly AutoState[]): number {
  const sorted = states.map(({ concurrency }) => concurrency).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

describe('nextState()', () => {
  it.each([5, 20, 50, 120, 200])(
    'comes to at least 0.9 of a knee at %i within 60 intervals',
    (knee) => {
      const states = run(siteWithKnee(knee), 60);

      const settled = usual(states.slice(-20));
      expect(settled).toBeGreaterThanOrEqual(knee * 0.9);
      expect(settled).toBeLessThanOrEqual(knee * 1.45);
    },
  );

  it('goes on where throughput grows slowly and intervals tell it with noise', () => {
    const seeds = Array.from({ length: 25 }, (_, index) => 1000 + index * 7919);
    const found = seeds.map((seed) => usual(run(siteThatSlowsDown(seed), 60).slice(-20)));

    expect(found.filter((concurrency) => concurrency >= 200).length).toBeGreaterThanOrEqual(21);
  });

  it('stays within its bound where more always pays', () => {
    const states = run(siteWithKnee(10_000), 60);

    expect(Math.max(...states.map(({ concurrency }) => concurrency))).toBe(MAX);
  });

  it('finds what a site allows that refuses more, and hardly ever passes it afterwards', () => {
    const states = run(siteWithKnee(1000, 20), 240);

    const settled = states.slice(30).map(({ concurrency }) => concurrency);
    const above = settled.filter((concurrency) => concurrency > 20).length;
    const enough = settled.filter((concurrency) => concurrency >= 18).length;
    expect(above / settled.length).toBeLessThan(0.02);
    expect(enough / settled.length).toBeGreaterThan(0.95);
  });

  it('gives way when the same concurrency brings less than before', () => {
    const fast = run(siteWithKnee(100), 60).at(-1) ?? initialState();
    const slow = siteWithKnee(20);

    let state: AutoState = {
      ...fast,
      phase: 'holding',
      holdLeft: 10,
      base: { concurrency: fast.concurrency, perSecond: 2000 },
    };
    state = nextState(state, slow(state.concurrency), MAX);

    expect(state.concurrency).toBeLessThan(fast.concurrency);
  });

  it('learns nothing from an interval in which slots were idle', () => {
    const state = initialState();

    expect(nextState(state, { perSecond: 1, refusals: 0, saturated: false }, MAX)).toEqual(state);
  });
});
