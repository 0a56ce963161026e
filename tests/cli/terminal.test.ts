import { describe, expect, test } from 'vitest';
import { wantsColor, wrapped } from '../../cli/terminal.js';

describe('wantsColor()', () => {
  test.for([
    [true, {}, true],
    [false, {}, false],
    [true, { TERM: 'dumb' }, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [false, { FORCE_COLOR: '1' }, true],
    [false, { FORCE_COLOR: '' }, true],
    [true, { FORCE_COLOR: '0' }, false],
    [true, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  ] as const)('on a terminal: %s, with %j: %s', ([isTTY, environment, wanted]) => {
    expect(wantsColor(isTTY, environment)).toBe(wanted);
  });
});

describe('wrapped()', () => {
  test('breaks between words and indents what follows', () => {
    expect(wrapped('  one two three four', 12)).toBe('  one two\n    three\n    four');
  });

  test('leaves a line that fits, and a word that never will', () => {
    expect(wrapped('  one two', 12)).toBe('  one two');
    expect(wrapped('a-word-longer-than-that', 12)).toBe('a-word-longer-than-that');
  });
});
