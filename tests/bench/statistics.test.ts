import { describe, expect, it } from 'vitest';
import { judge } from './figures.js';
import { pairedRatios, spreadOf } from './statistics.js';

describe('spreadOf()', () => {
  it('gives the middle of an odd number of values', () => {
    expect(spreadOf([9, 1, 4])).toEqual({ median: 4, min: 1, max: 9 });
  });

  it('gives the mean of the two in the middle of an even number', () => {
    expect(spreadOf([8, 2, 4, 100])).toEqual({ median: 6, min: 2, max: 100 });
  });

  it('has nothing to say of no values', () => {
    expect(() => spreadOf([])).toThrow(RangeError);
  });
});

describe('pairedRatios()', () => {
  it('divides values of the same repeat', () => {
    expect(pairedRatios([10, 30, 8], [5, 10, 16])).toEqual([2, 3, 0.5]);
  });

  it('leaves out what has no partner', () => {
    expect(pairedRatios([10, 30, 7], [5, 0])).toEqual([2]);
  });
});

describe('judge()', () => {
  it('lets the median decide', () => {
    const goal = { what: '', unit: '', atLeast: 0.9 };

    expect(judge({ ...goal, values: [0.1, 0.95, 0.96] })?.reached).toBe(true);
    expect(judge({ ...goal, values: [0.8, 0.85, 5] })?.reached).toBe(false);
  });

  it('has no judgement of what was not measured', () => {
    expect(judge({ what: '', unit: '', atMost: 2, values: [] })).toBeUndefined();
  });
});
