import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../shared/base/errors.js';
import { inputsOf, plan } from './planning.js';

function comics(...ids: number[]): { id: number }[] {
  return ids.map((id) => ({ id }));
}

describe('planRun() reads words', () => {
  it('expands numbers, ranges, steps and comma lists in the order typed', async () => {
    const planned = await plan('comic', '3-5 1,10-12 20-30:5');

    expect(inputsOf(planned)).toEqual(comics(3, 4, 5, 1, 10, 11, 12, 20, 25, 30));
    expect(planned.run).toMatchObject({ asked: 10, duplicates: 0, total: 10, site: SITE_URL });
  });

  it('keeps each comic once and says how many were repeated', async () => {
    const planned = await plan('comic', '1-5 3 5-7 3');

    expect(inputsOf(planned)).toEqual(comics(1, 2, 3, 4, 5, 6, 7));
    expect(planned.run).toMatchObject({ asked: 10, duplicates: 3, total: 7 });
  });

  it('keeps each term once, in NFC, and does not split it', async () => {
    const words = ['Your Name', 'a,b', 'e\u0301', '\u00e9', ' Your Name '];

    const planned = await plan('search', '', { words });

    expect(inputsOf(planned)).toEqual([{ term: 'Your Name' }, { term: 'a,b' }, { term: '\u00e9' }]);
    expect(planned.run).toMatchObject({ asked: 5, duplicates: 2, total: 3 });
  });

  it('ignores invisible characters around a word, and shows those within', async () => {
    const words = ['\u200b614\u200b', '7,\u2060 8\ufeff'];

    expect(inputsOf(await plan('comic', '', { words }))).toEqual(comics(614, 7, 8));
    await expect(plan('comic', '', { words: ['6\u200b14'] })).rejects.toThrow(
      'Cannot read "6\\u200b14": not a comic number',
    );
  });

  it('keeps equal sleeps as jobs of their own', async () => {
    const planned = await plan('sleep', '1 1 0.5');

    expect(inputsOf(planned)).toEqual([{ seconds: 1 }, { seconds: 1 }, { seconds: 0.5 }]);
    expect(planned.run.duplicates).toBe(0);
  });

  it('repeats the whole list with times', async () => {
    const planned = await plan('comic', '1-2 2', { times: 3 });

    expect(inputsOf(planned)).toEqual(comics(1, 2, 1, 2, 1, 2));
    expect(inputsOf(planned, 3)).toEqual(comics(2, 1, 2));
    expect(planned.run).toMatchObject({ asked: 3, duplicates: 1, total: 6 });
  });

  it('goes on from any position, whatever the selection is made of', async () => {
    const range = await plan('comic', '1-2500');
    const parts = await plan('comic', '1-7 5 8,9,10-2000 1501-2500 1-2500:3');

    for (const done of [0, 1, 999, 1000, 1001, 2499, 2500]) {
      const rest = Array.from({ length: 2500 - done }, (_, index) => ({ id: done + index + 1 }));
      expect(inputsOf(range, done)).toEqual(rest);
      expect(inputsOf(parts, done)).toEqual(rest);
    }
  });
});

/** `count` numbers that do not follow one another, 1,000 lines a chunk. */
function* linesUpTo(count: number): Generator<string> {
  for (let next = 0; next < count; next += 1000) {
    const lines = Math.min(1000, count - next);
    yield Array.from({ length: lines }, (_, index) => `${(next + index) * 2 + 1}\n`).join('');
  }
}

const SITE_URL = 'http://127.0.0.1:1/{id}';

describe('planRun() and the latest number', () => {
  it('asks the site once, however many words need it', async () => {
    let asked = 0;
    const latest = (): Promise<number> => {
      asked += 1;
      return Promise.resolve(3328);
    };

    const planned = await plan('comic', 'latest 3326- 3300-:20 latest', {}, { latest });

    expect(asked).toBe(1);
    expect(inputsOf(planned)).toEqual(comics(3328, 3326, 3327, 3300, 3320));
    expect(planned.run.selection).toBe('3328 3326-3328 3300-3328:20 3328');
  });

  it('does not ask where no word needs it, nor before the words up to it are read', async () => {
    await expect(plan('comic', '1-3')).resolves.toBeDefined();
    await expect(plan('comic', 'abc latest')).rejects.toThrow('Cannot read "abc"');
  });

  it('refuses an open range beyond it', async () => {
    const latest = (): Promise<number> => Promise.resolve(3328);

    await expect(plan('comic', '4000-', {}, { latest })).rejects.toMatchObject({
      exitCode: EXIT.usage,
      message: expect.stringContaining('Cannot read "4000-": the site\'s latest comic is 3328'),
    });
  });
});

describe('planRun() refuses', () => {
  it.each([
    ['0', 'comic numbers start at 1'],
    ['-1', 'not a comic number'],
    ['5-1', 'a range goes upwards, as in 1-5'],
    ['abc', 'not a comic number'],
    ['1.5', 'not a comic number'],
    ['1e3', 'not a comic number'],
    ['2147483648', 'comic numbers end at 2147483647'],
    ['9007199254740992', 'comic numbers end at 2147483647'],
    ['1-9:0', 'a step must be at least 1'],
    ['1-2-3', 'not a comic number'],
    ['٣', 'not a comic number'],
  ])('the word %s and names it', async (word, fact) => {
    const refused = plan('comic', `1-10 ${word} 12`);

    await expect(refused).rejects.toMatchObject({ exitCode: EXIT.usage });
    await expect(refused).rejects.toThrow(`Cannot read "${word}": ${fact}`);
    await expect(refused).rejects.toThrow('nothing was queued');
  });

  it('the bad part of a comma list, and an empty part', async () => {
    await expect(plan('comic', '1,x,3')).rejects.toThrow('Cannot read "x":');
    await expect(plan('comic', '1,,3')).rejects.toThrow('Cannot read "":');
  });

  it('all bad words at once, the first twenty by name', async () => {
    const words = Array.from({ length: 23 }, (_, index) => `x${index}`);

    const refused = plan('comic', '', { words: ['1', ...words, 'latest'] });

    await expect(refused).rejects.toThrow(
      /^Cannot read 23 words\. Correct them and try again; nothing was queued:\n {2}"x0": not a /,
    );
    await expect(refused).rejects.toThrow(/\n {2}"x19": [^\n]+\n {2}and 3 more$/);
  });

  it('a word with control characters without repeating them raw', async () => {
    await expect(plan('comic', '', { words: ['\u001b[2J7'] })).rejects.toThrow(
      'Cannot read "\\u001b[2J7"',
    );
  });

  it('an empty selection', async () => {
    await expect(plan('comic', '')).rejects.toMatchObject({
      exitCode: EXIT.usage,
      message: expect.stringContaining('the selection is empty'),
    });
  });

  it.each([
    [{ words: '1-10000001', times: 1 }, '10,000,001 inputs'],
    [{ words: '1-2147483647', times: 1 }, '2,147,483,647 inputs'],
    [{ words: '1-6000 6001-12000', times: 1000 }, '12,000 inputs with --times'],
  ])('more jobs than a run may have: %j', async ({ words, times }, fact) => {
    await expect(plan('comic', words, { times })).rejects.toMatchObject({
      exitCode: EXIT.usage,
      message: expect.stringContaining(fact),
    });
  });

  it('more than a million listed one by one, and says what to do instead', async () => {
    const stdin = Readable.from(linesUpTo(1_000_001));

    await expect(plan('comic', '', { inputFiles: ['-'] }, { stdin })).rejects.toMatchObject({
      exitCode: EXIT.usage,
      message:
        'Cannot make a run of more than 1,000,000 comics listed one by one. Split the list into several runs, or give them as ranges',
    });
  });

  it('to go on once it is told to stop', async () => {
    await expect(
      plan('comic', '1-3', {}, { signal: AbortSignal.abort(new Error('enough')) }),
    ).rejects.toThrow('enough');
  });
});

describe('the digest and the text of a plan', () => {
  it('are the digest of the inputs, not of how they were typed', async () => {
    const digestOf = async (words: string, times = 1): Promise<string> =>
      (await plan('comic', words, { times })).run.digest;

    expect(await digestOf('1,2,3')).toBe(await digestOf('1-3'));
    expect(await digestOf('1-2000 2000')).toBe(await digestOf('1-2000'));
    expect(await digestOf('3 2 1')).not.toBe(await digestOf('1-3'));
    expect(await digestOf('1-3', 2)).not.toBe(await digestOf('1-3'));
    expect(await digestOf('1-3')).toMatch(/^[0-9a-f]{64}$/);
  });

  it('differ between kinds', async () => {
    const comic = await plan('comic', '1');
    const sleep = await plan('sleep', '1');

    expect(comic.run.digest).not.toBe(sleep.run.digest);
  });

  it('leave a text out that is longer than a run keeps', async () => {
    const words = Array.from({ length: 1000 }, (_, index) => String(index * 2 + 10_000)).join(' ');

    const planned = await plan('comic', words);

    expect(planned.run.selection).toBe('');
    expect(planned.run.total).toBe(1000);
  });
});
