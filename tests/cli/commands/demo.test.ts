import { describe, expect, it } from 'vitest';
import { demoRequestOf, warmUpWords } from '../../../cli/commands/demo.js';

describe('warmUpWords()', () => {
  it.each([
    ['50', '50', ['1-403', '405-3328']],
    ['0', '1', ['1-100']],
    ['1000', '50', ['1-403', '405-500']],
    ['1000', '40', ['1-400']],
    ['1235', '50', ['1-403']],
    ['60000', '50', ['1-8']],
    ['60000', '1', ['1-1']],
  ])('at %s ms and %s at once are %j', (latency, concurrency, words) => {
    const request = demoRequestOf({ words: [], latency, concurrency });

    expect(warmUpWords(request, 200)).toEqual(words);
  });

  it('take half as long as a short demo one at a time', () => {
    const request = demoRequestOf({ words: ['1-20'], latency: '50', concurrency: '10' });

    expect(warmUpWords(request, 20)).toEqual(['1-100']);
  });
});

describe('demoRequestOf()', () => {
  it.each(['latency', 'repeat', 'concurrency'])('refuses a --%s that is no number', (option) => {
    expect(() => demoRequestOf({ words: [], [option]: 'x' })).toThrow(
      `--${option} must be a whole number`,
    );
  });
});
