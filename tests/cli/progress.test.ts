import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  barLine,
  plainLine,
  type Progress,
  ProgressBar,
  ProgressLines,
} from '../../cli/progress.js';

const HALF: Progress = {
  name: 'run-7',
  noun: 'comics',
  done: 100,
  total: 200,
  course: '65.4 jobs/s, 2 s left',
};

describe('barLine()', () => {
  test('fits a terminal of 80 columns', () => {
    const line = barLine(HALF, 80);

    expect(line).toBe('run-7 ███████████░░░░░░░░░░░  100/200  50 %  65.4 jobs/s, 2 s left');
  });

  test('keeps its place while the count grows', () => {
    const start = barLine({ ...HALF, done: 0, course: '' }, 80);
    const end = barLine({ ...HALF, done: 200, course: '' }, 80);

    expect(start.indexOf('/200')).toBe(end.indexOf('/200'));
    expect(start.indexOf('/200')).toBe(barLine(HALF, 80).indexOf('/200'));
    expect(start).toContain('  0/200   0 %');
    expect(end).toContain('200/200 100 %');
  });

  test('says 99 % as long as anything is left, and is cut where the terminal ends', () => {
    const line = barLine({ ...HALF, done: 9999, total: 10_000, course: 'x'.repeat(200) }, 60);

    expect(line).toContain('99 %');
    expect(line).toHaveLength(59);
    expect(line.endsWith('x…')).toBe(true);
  });

  test('has a shorter bar where more is to be said', () => {
    const course = 'the site does not answer (connection), asked again in 14 s';

    const line = barLine({ ...HALF, course }, 120);

    expect(line.endsWith(`  ${course}`)).toBe(true);
    expect(line.length).toBeLessThan(120);
  });
});

describe('plainLine()', () => {
  test('says how far it is and how it goes', () => {
    expect(plainLine(HALF)).toBe('run-7: 100 of 200 comics (50 %), 65.4 jobs/s, 2 s left');
    expect(plainLine({ ...HALF, course: '' })).toBe('run-7: 100 of 200 comics (50 %)');
  });
});

describe('ProgressLines', () => {
  test('writes a line after two seconds and then every five', () => {
    const lines: string[] = [];
    let nowMs = 0;
    const display = new ProgressLines({ note: (line) => lines.push(line) }, () => nowMs);

    for (nowMs = 0; nowMs <= 13_000; nowMs += 500) display.show({ ...HALF, done: nowMs / 100 });

    expect(lines.map((line) => /(\d+) of/.exec(line)?.[1])).toEqual(['20', '70', '120']);
  });
});

describe('ProgressBar', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('draws at once, then ten times a second, and leaves nothing behind', () => {
    const drawn: string[] = [];
    const bar = new ProgressBar({ noteWidth: 80, drawStatus: (line) => drawn.push(line) });

    bar.show({ ...HALF, done: 1 });
    bar.show({ ...HALF, done: 2 });
    bar.show({ ...HALF, done: 3 });
    vi.advanceTimersByTime(100);
    bar.end();
    bar.end();
    vi.advanceTimersByTime(1000);

    const counts = drawn.map((line) => /(\d+)\/200/.exec(line)?.[1]);
    expect(counts).toEqual(['1', '3', undefined]);
    expect(drawn.at(-1)).toBe('');
    expect(vi.getTimerCount()).toBe(0);
  });
});
