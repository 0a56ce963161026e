import { describe, expect, test } from 'vitest';
import { escapeMarkdown, markdownPage, markdownTable } from '../../../shared/report/markdown.js';

describe('escapeMarkdown()', () => {
  test.each([
    ['plain words, 1-200', 'plain words, 1-200'],
    ['a|b', String.raw`a\|b`],
    ['<b>*bold*</b> [link](x)', String.raw`\<b\>\*bold\*\</b\> \[link\](x)`],
    ['# `code` \\ {x}_y', String.raw`\# \`code\` \\ \{x\}\_y`],
    ['two\nlines', String.raw`two\\u000alines`],
  ])('shows %j as text', (text, escaped) => {
    expect(escapeMarkdown(text)).toBe(escaped);
  });

  test('cuts what is long', () => {
    expect(escapeMarkdown('x'.repeat(5000))).toHaveLength(500);
  });
});

describe('markdownTable()', () => {
  test('aligns figures to the right, and keeps a bar in a cell in its cell', () => {
    expect(markdownTable(['term', 'jobs'], [['a|b', '2']])).toBe(
      ['| term | jobs |', '| --- | ---: |', String.raw`| a\|b | 2 |`].join('\n'),
    );
  });
});

describe('markdownPage()', () => {
  test('is a title and blocks, each apart from the next', () => {
    expect(markdownPage('Run *7*', ['one', 'two'])).toBe('# Run \\*7\\*\n\none\n\ntwo\n');
  });
});
