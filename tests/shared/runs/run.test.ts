import { describe, expect, it } from 'vitest';
import { SelectionText, wordsOfSelection } from '../../../shared/runs/run.js';

const AWKWARD = [
  'Yash',
  'Your Name',
  '"quoted"',
  'a"b',
  'back\\slash',
  '#1',
  "it's",
  'é\u00a0x',
  '\\#',
];

describe('SelectionText', () => {
  it('writes words so that they are read again', () => {
    const text = new SelectionText();

    for (const word of AWKWARD) text.add(word);

    expect(wordsOfSelection(text.toString())).toEqual(AWKWARD);
    expect(text.toString()).toContain('Yash "Your Name"');
  });

  it('is empty once it would be too long, and stays so', () => {
    const text = new SelectionText();

    text.add('x'.repeat(4090));
    const before = text.toString().length;
    text.add('1234567');
    text.add('1');

    expect(before).toBe(4090);
    expect(text.toString()).toBe('');
    expect(wordsOfSelection('')).toEqual([]);
  });
});
