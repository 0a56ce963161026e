import { describe, expect, it } from 'vitest';
import { createRandom } from '../../origin/random.js';
import { Selection } from '../../producer/selection.js';
import { type AnyInput, KINDS } from '../../shared/kinds/kinds.js';

/** Numbers, short and long ranges, with and without steps, over a few thousand numbers. */
function randomWords(seed: number): string[] {
  const random = createRandom(seed);
  const upTo = (max: number): number => 1 + Math.floor(random() * max);
  return Array.from({ length: 300 }, () => {
    const first = upTo(5000);
    const last = first + upTo(random() < 0.5 ? 50 : 2000);
    const words = [`${first}`, `${first}-${last}`, `${first}-${last}:${1 + upTo(6)}`];
    return words[upTo(3) - 1] ?? '';
  });
}

function selectionOf(words: readonly string[]): Selection {
  const selection = new Selection(KINDS.comic, 1);
  for (const word of words) {
    const parsed = KINDS.comic.parse(word);
    if (parsed.type === 'sequence') selection.add(parsed.sequence);
  }
  return selection;
}

function numbersOf(word: string): number[] {
  const [first = Number.NaN, last = first, step = 1] = word.split(/[-:]/).map(Number);
  return Array.from(
    { length: Math.floor((last - first) / step) + 1 },
    (_, index) => first + index * step,
  );
}

function numbersIn(inputs: Iterable<AnyInput>): unknown[] {
  return Array.from(inputs, (input) => KINDS.comic.input.parse(input).id);
}

describe('Selection', () => {
  it.each([1, 2, 3, 4, 5])('leaves out what came before, and nothing else: seed %i', (seed) => {
    const words = randomWords(seed);
    const asked = words.flatMap(numbersOf);
    const expected = [...new Set(asked)];

    const selection = selectionOf(words);

    expect(numbersIn(selection.inputs())).toEqual(expected);
    expect(selection).toMatchObject({ asked: asked.length, length: expected.length });
    for (const done of [1, 99, Math.floor(expected.length / 2), expected.length - 1]) {
      expect(numbersIn(selection.inputs(done))).toEqual(expected.slice(done));
    }
  });

  it.each([[['1-900:3', '1-900']], [['1-900', '301-1500:4']], [['1-900:2', '1-900:3', '1-900:5']]])(
    'leaves out numbers of earlier ranges: %j',
    (words) => {
      const selection = selectionOf(words);

      expect(numbersIn(selection.inputs())).toEqual([...new Set(words.flatMap(numbersOf))]);
    },
  );

  it('holds ten million numbers in ranges that overlap', () => {
    const selection = selectionOf(['4000001-10000000', '7', '1-6000000', '9-9999:3']);

    expect(selection).toMatchObject({ asked: 12_003_332, length: 10_000_000 });
    expect(numbersIn(selection.inputs(9_999_998))).toEqual([3_999_999, 4_000_000]);
  });
});
