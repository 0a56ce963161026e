import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { type Column, tableLines, Terminal, wantsColor, wrapped } from '../../cli/terminal.js';

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
    expect(wrapped('go on: comic-queue wait run-7', 12)).toBe('go on:\n    comic-queue wait run-7');
    expect(wrapped('a-word-longer-than-that', 12)).toBe('a-word-longer-than-that');
  });
});

describe('the status line', () => {
  test('is replaced in place, stays below notes, and is removed', () => {
    const stream = new PassThrough();
    const terminal = new Terminal(ttyOf(new PassThrough()), ttyOf(stream), {});

    terminal.drawStatus('10 %');
    terminal.drawStatus('10 %');
    terminal.drawStatus('20 %');
    terminal.note('a note');
    terminal.drawStatus('');
    terminal.note('the end');

    expect(String(stream.read())).toBe(
      '\r\u001b[K10 %\r\u001b[K20 %\r\u001b[Ka note\n20 %\r\u001b[Kthe end\n',
    );
  });
});

describe('data drawn in place', () => {
  test('goes over what was drawn before, within height and width', () => {
    const stream = new PassThrough();
    const stdout = ttyOf(stream, { rows: 3, columns: 4 });
    const terminal = new Terminal(stdout, ttyOf(new PassThrough()), {});

    const first = terminal.drawData(['one', 'two', 'three', 'four'], 0);
    const second = terminal.drawData(['longer'], first);

    expect([first, second]).toEqual([2, 2]);
    expect(String(stream.read())).toBe(
      '\rone\u001b[K\ntwo\u001b[K\n\u001b[J\u001b[2A\rlonger\u001b[K\n\u001b[J',
    );
  });

  test('leaves a full row alone, and breaks no command', () => {
    const stream = new PassThrough();
    const terminal = new Terminal(
      ttyOf(stream, { rows: 9, columns: 16 }),
      ttyOf(new PassThrough()),
      {},
    );

    const drawn = terminal.drawData(['sixteen letters.', '! paused: comic-queue resume comics'], 0);

    expect(drawn).toBe(4);
    expect(String(stream.read())).toBe(
      '\rsixteen letters.\n! paused:\u001b[K\n    comic-queue resume comics\u001b[K\n\u001b[J',
    );
  });
});

function ttyOf(stream: PassThrough, size: object = {}): NodeJS.WriteStream {
  return Object.assign(stream, { isTTY: true, ...size }) as unknown as NodeJS.WriteStream;
}

describe('tableLines()', () => {
  const COLUMNS: readonly Column<string>[] = [
    { title: 'NAME', text: (row) => row },
    { title: 'LENGTH', align: 'right', text: (row) => String(row.length) },
    { title: 'SPARE', spare: true, text: () => 'x' },
    { title: 'AGAIN', spare: true, text: () => 'long enough' },
  ];
  const tableAt = (width: number): string[] => tableLines(COLUMNS, ['614', 'a name'], width);

  test('has every column where there is room, and in a file', () => {
    const whole = [
      'NAME    LENGTH  SPARE  AGAIN',
      '614          3  x      long enough',
      'a name       6  x      long enough',
    ];
    expect(tableAt(Number.POSITIVE_INFINITY)).toEqual(whole);
    expect(tableAt(34)).toEqual(whole);
  });

  test('leaves out spare columns from the last on, and only then cuts', () => {
    expect(tableAt(33)).toEqual([
      'NAME    LENGTH  SPARE',
      '614          3  x',
      'a name       6  x',
    ]);
    expect(tableAt(20)).toEqual(['NAME    LENGTH', '614          3', 'a name       6']);
    expect(tableAt(8)).toEqual(['NAME   …', '614    …', 'a name …']);
  });

  test('is its titles alone without rows', () => {
    expect(tableLines(COLUMNS, [], 80)).toEqual(['NAME  LENGTH  SPARE  AGAIN']);
  });
});
