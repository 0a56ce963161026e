import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lineOfWord, wordOfLine } from '../../producer/input-file.js';
import { EXIT } from '../../shared/base/errors.js';
import type { KindName } from '../../shared/kinds/kinds.js';
import { inputsOf, newDirectory, plan } from './planning.js';

let directory: string;

beforeAll(async () => {
  directory = await newDirectory();
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

async function file(content: string | Buffer, name = 'ids.txt'): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, content);
  return path;
}

async function read(kind: KindName, content: string | Buffer): Promise<unknown[]> {
  return inputsOf(await plan(kind, '', { inputFiles: [await file(content)] }));
}

describe('an input file', () => {
  it.each([
    ['lines', '7\n8\n9\n'],
    ['a last line without its end', '7\n8\n9'],
    ['comments and blank lines', '# mine\n7\n\n   \n8\n  # more\n9\n'],
    ['CRLF', '7\r\n8\r\n9\r\n'],
    ['a BOM', '\ufeff7\n8\n9\n'],
    ['a BOM before a comment', '\ufeff# mine\n7-9\n'],
    ['invisible characters around', '\u200b# mine\n\u200b7\u200b\n8\u2060\n\u200e\n9\n'],
    ['spaces around', '  7 \n\t8\n9\t\n'],
    ['ranges and lists', '7-8, 9\n'],
  ])('may hold %s', async (_, content) => {
    expect(await read('comic', content)).toEqual([{ id: 7 }, { id: 8 }, { id: 9 }]);
  });

  it('holds one term a line, spaces and hashes included', async () => {
    expect(await read('search', 'Your Name\nC # major\n\\#hash\n\\\\#two\n\\section\n')).toEqual(
      ['Your Name', 'C # major', '#hash', '\\#two', '\\section'].map((term) => ({ term })),
    );
  });

  it('comes after the typed words, one file after the other', async () => {
    const inputFiles = [await file('2\n', 'a'), await file('3\n1\n', 'b')];

    const planned = await plan('comic', '1', { inputFiles });

    expect(inputsOf(planned)).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
    expect(planned.run).toMatchObject({ asked: 4, duplicates: 1 });
  });

  it('is read whole before the first job: a bad line names its file, number and word', async () => {
    const lines = Array.from({ length: 50_000 }, (_, index) => String(index + 1));
    lines[43_210] = 'x7';

    const refused = read('comic', lines.join('\n'));

    await expect(refused).rejects.toMatchObject({ exitCode: EXIT.usage });
    await expect(refused).rejects.toThrow(/^Cannot read "x7" at .*ids\.txt:43211: not a comic/);
  });

  it('of nothing but comments is an empty selection', async () => {
    await expect(read('comic', '# none\n\n')).rejects.toThrow('the selection is empty');
  });

  it.each([
    ['UTF-16', Buffer.from('\ufeff7\n8\n', 'utf16le'), 'ids.txt:1'],
    ['Latin 1', Buffer.from('caf\u00e9\n', 'latin1'), 'ids.txt:1'],
    ['half a character', Buffer.from([0x37, 0x0a, 0x38, 0x0a, 0xe2, 0x82]), 'ids.txt:3'],
  ])('in %s is refused, with the line', async (_, content, place) => {
    await expect(read('search', content)).rejects.toMatchObject({
      exitCode: EXIT.usage,
      message: expect.stringContaining(`${place}: it is not text in UTF-8`),
    });
  });

  it('with an endless line is refused, with the line', async () => {
    const long = 'x'.repeat(200_000);

    await expect(read('search', `a\nb\n${long}`)).rejects.toThrow('ids.txt:3: the line is longer');
    await expect(read('search', `a\n${long}\nb\n`)).rejects.toThrow(
      'ids.txt:2: the line is longer',
    );
  });

  it('that cannot be read is no input', async () => {
    await mkdir(join(directory, 'folder'), { recursive: true });
    for (const name of ['missing.txt', 'folder', 'ids.txt/below']) {
      await file('1\n');
      await expect(
        plan('comic', '1', { inputFiles: [join(directory, name)] }),
      ).rejects.toMatchObject({ exitCode: EXIT.noInput });
    }
  });
});

describe('standard input', () => {
  it('is read where a file is called -, whatever the chunks are', async () => {
    const bytes = Buffer.from('\ufeffYash\r\nné\n# no\nKOSS');
    const stdin = Readable.from(Array.from(bytes, (byte) => Buffer.from([byte])));

    const planned = await plan('search', '', { inputFiles: ['-'] }, { stdin });

    expect(inputsOf(planned)).toEqual([{ term: 'Yash' }, { term: 'né' }, { term: 'KOSS' }]);
  });

  it('is called stdin in messages', async () => {
    const stdin = Readable.from(['1\n', 'x\n']);

    await expect(plan('comic', '', { inputFiles: ['-'] }, { stdin })).rejects.toThrow(
      'Cannot read "x" at stdin:2:',
    );
  });

  it('that breaks, or carries no bytes, is no input', async () => {
    const broken = new Readable({ read: () => broken.destroy(new Error('EIO')) });
    for (const stdin of [broken, Readable.from([{}])]) {
      await expect(plan('comic', '', { inputFiles: ['-'] }, { stdin })).rejects.toMatchObject({
        exitCode: EXIT.noInput,
        message: expect.stringContaining('standard input'),
      });
    }
  });

  it('that never comes is left when the command is stopped', async () => {
    const controller = new AbortController();
    const stdin = new Readable({ read: () => controller.abort(new Error('stopped')) });

    await expect(
      plan('comic', '', { inputFiles: ['-'] }, { stdin, signal: controller.signal }),
    ).rejects.toThrow('stopped');
  });
});

describe('lineOfWord()', () => {
  it.each([
    'Yash',
    'Your Name',
    '"quoted"',
    'back\\slash',
    '#1',
    '\\#',
    '#',
    '##',
    '\\\\#x',
    '\\x',
    'C#',
  ])('writes %s so that it is read again', (word) => {
    expect(wordOfLine(lineOfWord(word))).toBe(word);
  });

  it('leaves alone what cannot be taken for a comment', () => {
    expect(lineOfWord('C#')).toBe('C#');
    expect(lineOfWord('#1')).toBe('\\#1');
  });
});
