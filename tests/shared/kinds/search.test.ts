import { describe, expect, it } from 'vitest';
import { search, TERM_LENGTH_MAX } from '../../../shared/kinds/search.js';

function read(word: string): unknown {
  const parsed = search.parse(word);
  if (parsed.type !== 'sequence') return parsed.type === 'problem' ? parsed.problem : parsed.type;
  const { length, text } = parsed.sequence;
  return [length, parsed.sequence.at(0), text];
}

describe('search.parse()', () => {
  it.each([
    ['Your Name', 'Your Name'],
    ['  Yash\t', 'Yash'],
    ['e\u0301', '\u00e9'],
    ['../../etc/passwd', '../../etc/passwd'],
    ['<script>', '<script>'],
    ['😀'.repeat(256), '😀'.repeat(256)],
  ])('reads %j as %j', (word, term) => {
    expect(read(word)).toEqual([1, { term }, term]);
    expect(search.input.safeParse({ term }).success).toBe(true);
  });

  it.each([
    [' ', 'a search term cannot be empty'],
    ['x'.repeat(513), `a search term has at most ${TERM_LENGTH_MAX} characters, got 513`],
    ['a\u0000b', 'a search term cannot hold control characters'],
    ['a\u001b[31m', 'a search term cannot hold control characters'],
    ['Your\u200bName', 'a search term cannot hold invisible characters, and this has U+200B'],
    ['\ud83d', 'a search term must be valid Unicode'],
  ])('refuses %j', (word, problem) => {
    expect(read(word)).toBe(problem);
  });
});

describe('search', () => {
  it.each([' x', 'x ', 'e\u0301', ''])('does not accept %j from Redis', (term) => {
    expect(search.input.safeParse({ term }).success).toBe(false);
  });

  it('knows an input by its term', () => {
    expect(search.identity({ term: 'KOSS' })).toBe('KOSS');
    expect(search.format({ term: 'KOSS' })).toBe('KOSS');
  });
});
