import { describe, expect, it } from 'vitest';
import { comicBody } from '../../../origin/comics.js';
import { comic, COMIC_NUMBER_MAX, ComicOutput } from '../../../shared/kinds/comic.js';
import type { Parsed } from '../../../shared/kinds/kind.js';

type ParsedComics = ReturnType<typeof comic.parse>;

/** What a word stands for: `[length, first, last, text]`, or the problem. */
function summary(parsed: ParsedComics): unknown {
  if (parsed.type !== 'sequence') return parsed.type === 'problem' ? parsed.problem : parsed.type;
  const { length, text } = parsed.sequence;
  return [length, parsed.sequence.at(0).id, parsed.sequence.at(length - 1).id, text];
}

/** The same with 3328 as the latest comic. */
function resolved(word: string): unknown {
  const parsed: Parsed<{ id: number }> = comic.parse(word);
  return summary(parsed.type === 'needs-latest' ? parsed.resolve(3328) : parsed);
}

describe('comic.parse()', () => {
  it.each([
    ['614', [1, 614, 614, '614']],
    ['0614', [1, 614, 614, '614']],
    ['7-7', [1, 7, 7, '7']],
    ['1-200', [200, 1, 200, '1-200']],
    ['1-200:10', [20, 1, 191, '1-200:10']],
    ['1-10:100', [1, 1, 1, '1-10:100']],
    [`1-${COMIC_NUMBER_MAX}`, [COMIC_NUMBER_MAX, 1, COMIC_NUMBER_MAX, `1-${COMIC_NUMBER_MAX}`]],
  ])('reads %s', (word, expected) => {
    expect(summary(comic.parse(word))).toEqual(expected);
  });

  it.each([
    ['latest', [1, 3328, 3328, '3328']],
    ['3000-', [329, 3000, 3328, '3000-3328']],
    ['3000-:100', [4, 3000, 3300, '3000-3328:100']],
    ['3328-', [1, 3328, 3328, '3328']],
  ])('reads %s once the latest is known, as a text that needs it no more', (word, expected) => {
    expect(comic.parse(word).type).toBe('needs-latest');
    expect(resolved(word)).toEqual(expected);
  });

  it.each([
    ['0', 'comic numbers start at 1'],
    ['0-', 'comic numbers start at 1'],
    ['0-5', 'comic numbers start at 1'],
    ['1-2147483648', 'comic numbers end at 2147483647'],
    ['2147483648-', 'comic numbers end at 2147483647'],
    ['5-1', 'a range goes upwards, as in 1-5'],
    ['3329-', "the site's latest comic is 3328"],
    ['1-9:0', 'a step must be at least 1'],
    ['-5', 'not a comic number (614), a range (1-200, 1-200:10, 3000-) or "latest"'],
    ['1-5 7', 'more than one word: give each on its own, in a file on a line of its own'],
    ['Latest', 'not a comic number (614), a range (1-200, 1-200:10, 3000-) or "latest"'],
  ])('refuses %s', (word, problem) => {
    expect(resolved(word)).toBe(problem);
  });

  it('gives the inputs of a range from any place', () => {
    const parsed = comic.parse('10-100:30');

    expect(parsed.type === 'sequence' && [0, 1, 2, 3].map((at) => parsed.sequence.at(at))).toEqual([
      { id: 10 },
      { id: 40 },
      { id: 70 },
      { id: 100 },
    ]);
  });
});

describe('comic', () => {
  it('knows an input by its number', () => {
    expect(comic.identity({ id: 614 })).toBe(614);
    expect(comic.format({ id: 614 })).toBe('614');
  });

  it('takes every invented comic for an answer, and no other body', () => {
    for (let number = 1; number <= 200; number += 1) {
      expect(ComicOutput.safeParse(JSON.parse(comicBody(number))).success).toBe(true);
    }
    expect(ComicOutput.safeParse({ num: '614' }).success).toBe(false);
  });
});
