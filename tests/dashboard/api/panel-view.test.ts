import { describe, expect, it } from 'vitest';
import { type Delta, deltaBetween, withDelta } from '../../../dashboard/api/panel-view.js';

function asSent<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function deltaOf(before: unknown, after: unknown): Delta {
  const delta = deltaBetween(before, after);
  if (delta === undefined) throw new Error('There is no difference');
  return asSent(delta);
}

const POINTS = [
  [0, 0, 0],
  [1, 20, 5],
  [2, 40, 5],
];

describe('a delta', () => {
  it.each<[string, object, object]>([
    ['a figure', { ended: 1, queued: 9 }, { ended: 2, queued: 9 }],
    ['a figure inside', { run: { report: { ended: 1 } } }, { run: { report: { ended: 2 } } }],
    ['a field that is new', { outcomes: {} }, { outcomes: { stored: 1 } }],
    ['a field that is gone', { outcomes: { stored: 1, failed: 1 } }, { outcomes: { stored: 2 } }],
    ['what was nothing', { run: null }, { run: { points: POINTS } }],
    ['what is nothing now', { run: { points: POINTS } }, { run: null }],
    ['a pause that ends', { pause: { by: 'person' }, done: 1 }, { pause: undefined, done: 1 }],
    ['a pause that begins', { pause: undefined }, { pause: { by: 'person' } }],
    ['a list that grows', { points: POINTS }, { points: [...POINTS, [3, 60, 0]] }],
    ['the end of a list', { points: POINTS }, { points: [...POINTS.slice(0, 2), [2, 41, 4]] }],
    ['a list that shrinks', { points: POINTS }, { points: POINTS.slice(0, 1) }],
    ['an empty list', { points: POINTS }, { points: [] }],
    ['a list of objects', { workers: [{ active: 1 }] }, { workers: [{ active: 2 }, {}] }],
    ['an object for a list', { value: POINTS }, { value: {} }],
    ['a field of a hostile name', {}, { statuses: JSON.parse('{"__proto__": 1}') }],
  ])('makes the one of the other: %s', (_what, before, after) => {
    expect(withDelta(asSent(before), deltaOf(before, after))).toEqual(asSent(after));
  });

  it('is none between equal values, whatever is undefined in them', () => {
    expect(deltaBetween({ points: POINTS, pause: undefined }, asSent({ points: POINTS }))).toBe(
      undefined,
    );
  });

  it('holds the new points of a course alone, and leaves what has not changed as it is', () => {
    const before = { run: { points: POINTS }, baseline: { points: POINTS } };
    const after = { run: { points: [...POINTS, [3, 60, 0]] }, baseline: { points: POINTS } };
    const delta = deltaOf(before, after);

    expect(delta).toEqual({
      fields: { run: { fields: { points: { kept: 3, added: [[3, 60, 0]] } } } },
    });
    expect(withDelta(before, delta)).toHaveProperty('baseline', before.baseline);
    expect((withDelta(before, delta) as typeof before).baseline).toBe(before.baseline);
  });
});
