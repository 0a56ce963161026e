import { describe, expect, test } from 'vitest';
import { wantsColor } from '../../cli/terminal.js';

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
