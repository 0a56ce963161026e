import { describe, expect, test } from 'vitest';
import { barChart, type BarRow } from '../../../cli/compare/display.js';

const ROWS: BarRow[] = [
  { label: 'one at a time', value: 18.8, note: '18.8 jobs/s' },
  { label: '50 at a time', value: 658, note: '658 jobs/s' },
];

describe('barChart()', () => {
  test('draws the longest bar over the whole room and the others in proportion', () => {
    expect(barChart(ROWS, { width: 80, plain: false })).toEqual([
      'one at a time  █▌ 18.8 jobs/s',
      `50 at a time   ${'█'.repeat(53)} 658 jobs/s`,
    ]);
  });

  test('stays within the width', () => {
    for (const width of [40, 60, 80, 120]) {
      const lengths = barChart(ROWS, { width, plain: false }).map((line) => line.length);
      expect(Math.max(...lengths)).toBeLessThanOrEqual(width);
    }
  });

  test('does with ASCII where the terminal is dumb', () => {
    expect(barChart(ROWS, { width: 50, plain: true })).toEqual([
      'one at a time  # 18.8 jobs/s',
      `50 at a time   ${'#'.repeat(23)} 658 jobs/s`,
    ]);
  });

  test('shows a trace of whatever is above nothing, and nothing of nothing', () => {
    const rows = [0, 0.001, 1000].map((value) => ({ label: 'x', value, note: '' }));

    expect(barChart(rows, { width: 30, plain: false }).slice(0, 2)).toEqual(['x   ', 'x  ▏ ']);
    expect(barChart([{ label: 'x', value: 0, note: '0' }], { width: 30, plain: false })).toEqual([
      'x   0',
    ]);
    expect(barChart(rows, { width: 30, plain: true })[0]).toBe('x   ');
    expect(barChart([], { width: 30, plain: true })).toEqual([]);
  });

  test('keeps some room for bars however narrow the terminal', () => {
    expect(barChart(ROWS, { width: 10, plain: true })[1]).toContain(' ######## ');
  });
});
