/** Lines of `--input` files, read in batches of whole lines. */

import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { addAbortSignal, type Readable } from 'node:stream';
import { CommandError, errorText, EXIT } from '../shared/base/errors.js';
import { safeText } from '../shared/base/safe-text.js';

/** Stands for standard input. */
const STDIN = '-';

/** Longer lines hold no input: a term has at most 512 characters. */
const LINE_BYTES_MAX = 65_536;

const CHUNK_BYTES = 64 * 1024;

const LINE_FEED = 0x0a;

/** Consecutive lines of one file, without their line ends' `\n`. */
export interface LineBatch {
  /** As it is shown: escaped, and `stdin` for standard input. */
  readonly file: string;
  /** Number of the first line, from 1. */
  readonly first: number;
  readonly lines: readonly string[];
}

/**
 * Yields the lines of a file as they are read.
 *
 * @throws CommandError (no input) when it cannot be read; (usage) when it is not text in UTF-8 or
 * a line is too long. Both name the file, the second also the line.
 */
export async function* lineBatches(
  path: string,
  stdin: Readable,
  signal: AbortSignal,
): AsyncGenerator<LineBatch> {
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
    const lines = textOf(Buffer.concat([rest, chunk.subarray(0, end - 1)]), file, first);
    yield { file, first, lines };
    first += lines.length;
    rest = Buffer.from(chunk.subarray(end));
  }
  if (rest.length > 0) yield { file, first, lines: textOf(rest, file, first) };
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

function textOf(bytes: Buffer, file: string, first: number): string[] {
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
