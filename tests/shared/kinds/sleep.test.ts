import { describe, expect, it } from 'vitest';
import { sleep } from '../../../shared/kinds/sleep.js';

function read(word: string): unknown {
  const parsed = sleep.parse(word);
  if (parsed.type !== 'sequence') return parsed.type === 'problem' ? parsed.problem : parsed.type;
  return [parsed.sequence.at(0), parsed.sequence.text];
}

describe('sleep.parse()', () => {
  it.each([
    ['2', 2, '2'],
    ['0', 0, '0'],
    ['0.250', 0.25, '0.25'],
    ['3600', 3600, '3600'],
  ])('reads %s', (word, seconds, text) => {
    expect(read(word)).toEqual([{ seconds }, text]);
  });

  it.each([
    ['-1', 'not a number of seconds such as 2 or 0.25'],
    ['0,25', 'not a number of seconds such as 2 or 0.25'],
    ['3601', 'a sleep lasts at most 3600 seconds'],
    ['99999999', 'a sleep lasts at most 3600 seconds'],
    ['3600.5', 'a sleep lasts at most 3600 seconds'],
  ])('refuses %s', (word, problem) => {
    expect(read(word)).toBe(problem);
  });

  it('takes no two sleeps for the same', () => {
    expect(sleep.identity({ seconds: 1 })).toBeUndefined();
    expect(sleep.format({ seconds: 0.5 })).toBe('0.5');
  });
});
