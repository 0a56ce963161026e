/** The format of `--input` files: a word on each line, comments and blank lines left out. */

import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { addAbortSignal, type Readable } from 'node:stream';
import { CommandError, errorText, EXIT } from '../shared/base/errors.js';
import { safeText, trimWord } from '../shared/base/safe-text.js';

/** The path that means standard input. */
const STDIN = '-';

/** No input is longer: a term has at most 512 characters. */
const LINE_BYTES_MAX = 65_536;

const CHUNK_BYTES = 64 * 1024;

const LINE_FEED = 0x0a;

/** A line that begins with a `#` is a comment; one that begins with `\#` is an input that does. */
const ESCAPED_HASH = /^\\+#/;
const HASH = /^\\*#/;

export interface Word {
  readonly text: string;
  /** Its file and line, as `ids.txt:3`; empty for a typed word. */
  readonly place: string;
}

/**
 * Yields the words of a file as they are read.
 *
 * @throws CommandError (no input) when it cannot be read; (usage) when it is not text in UTF-8 or
 * a line is too long. Both name the file, the second also the line.
 */
export async function* wordBatches(
  path: string,
  stdin: Readable,
  signal: AbortSignal,
): AsyncGenerator<Iterable<Word>> {
  const file = path === STDIN ? 'stdin' : safeText(path);
  let first = 1;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunksOf(path, stdin, signal)) {
    const end = chunk.lastIndexOf(LINE_FEED) + 1;
    if (end === 0) {
      rest = Buffer.concat([rest, chunk]);
      if (rest.length > LINE_BYTES_MAX) throw tooLong(file, first);
      continue;
    }
    const lines = linesOf(Buffer.concat([rest, chunk.subarray(0, end - 1)]), file, first);
    yield wordsOf(lines, file, first);
    first += lines.length;
    rest = Buffer.from(chunk.subarray(end));
  }
  if (rest.length > 0) yield wordsOf(linesOf(rest, file, first), file, first);
}

function* wordsOf(lines: readonly string[], file: string, first: number): Generator<Word> {
  for (const [index, line] of lines.entries()) {
    const text = wordOfLine(line);
    if (text !== undefined) yield { text, place: `${file}:${first + index}` };
  }
}

/** The word on a line; undefined for a comment or a blank line. */
export function wordOfLine(line: string): string | undefined {
  const word = trimWord(line);
  if (word === '' || word.startsWith('#')) return undefined;
  return ESCAPED_HASH.test(word) ? word.slice(1) : word;
}

/** The line that {@link wordOfLine} reads as this word, which must not hold a line break. */
export function lineOfWord(word: string): string {
  return HASH.test(word) ? `\\${word}` : word;
}

async function* chunksOf(
  path: string,
  stdin: Readable,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const stream = path === STDIN ? stdin : createReadStream(path, { highWaterMark: CHUNK_BYTES });
  try {
    for await (const chunk of addAbortSignal(signal, stream)) {
      yield typeof chunk === 'string' ? Buffer.from(chunk) : asBuffer(chunk);
    }
  } catch (error) {
    signal.throwIfAborted();
    const shown = path === STDIN ? 'standard input' : safeText(path);
    throw new CommandError(
      EXIT.noInput,
      `Cannot read the input from ${shown}: ${errorText(error)}. Name a file that can be read, or - for standard input`,
      { cause: error },
    );
  }
}

function asBuffer(chunk: unknown): Buffer {
  if (Buffer.isBuffer(chunk)) return chunk;
  throw new TypeError('it is not a stream of bytes');
}

function linesOf(bytes: Buffer, file: string, first: number): string[] {
  if (!isUtf8(bytes)) throw notText(bytes, file, first);
  const lines = bytes.toString().split('\n');
  const long = lines.findIndex((line) => line.length > LINE_BYTES_MAX);
  if (long >= 0) throw tooLong(file, first + long);
  return lines;
}

function notText(bytes: Buffer, file: string, first: number): CommandError {
  let line = first;
  for (let start = 0; start < bytes.length; line += 1) {
    const feed = bytes.indexOf(LINE_FEED, start);
    const end = feed < 0 ? bytes.length : feed;
    if (!isUtf8(bytes.subarray(start, end))) break;
    start = end + 1;
  }
  return new CommandError(
    EXIT.usage,
    `Cannot read ${file}:${line}: it is not text in UTF-8. Save the file as UTF-8 and try again`,
  );
}

function tooLong(file: string, line: number): CommandError {
  return new CommandError(
    EXIT.usage,
    `Cannot read ${file}:${line}: the line is longer than ${LINE_BYTES_MAX} bytes. Write one input a line`,
  );
}
