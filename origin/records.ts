/** Recorded answers from a file: one response body a line, each served under its own number. */

import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { CommandError, errorText, EXIT } from '../shared/base/errors.js';
import type { Catalogue } from './catalogue.js';

/** All of xkcd is 4 MB; a file past this is not what was meant and would not fit in memory. */
const FILE_BYTES_MAX = 536_870_912;

const NEWLINE = 0x0a;

const RecordNumber = z.object({ num: z.int().min(1) });

/**
 * Reads a file of recorded bodies. They are served byte for byte, without the newline; when two
 * lines carry the same number the later one counts; blank lines are skipped.
 * @throws CommandError (noInput) when the file cannot be read, is too large or holds no record, and
 * for the first line that is not JSON with a `num`.
 */
export async function recordedCatalogue(file: string): Promise<Catalogue> {
  const bodies = new Map<number, Buffer>();
  let latest = 0;
  for (const [line, body] of linesOf(await contentOf(file))) {
    const number = numberOf(body);
    if (number === undefined) {
      throw unreadable(file, `line ${line} is not a JSON object with a positive integer "num"`);
    }
    bodies.set(number, body);
    latest = Math.max(latest, number);
  }
  if (latest === 0) throw unreadable(file, 'it holds no record');
  return { latest, bodyOf: (number) => bodies.get(number) };
}

async function contentOf(file: string): Promise<Buffer> {
  try {
    const { size } = await stat(file);
    if (size <= FILE_BYTES_MAX) return await readFile(file);
  } catch (error) {
    throw unreadable(file, errorText(error), error);
  }
  throw unreadable(file, `it is larger than ${FILE_BYTES_MAX / 1_048_576} MiB`);
}

function* linesOf(content: Buffer): Generator<[line: number, body: Buffer]> {
  let start = 0;
  for (let line = 1; start < content.length; line += 1) {
    const newline = content.indexOf(NEWLINE, start);
    const end = newline === -1 ? content.length : newline;
    const body = content.subarray(start, end);
    if (body.toString('latin1').trim() !== '') yield [line, body];
    start = end + 1;
  }
}

function numberOf(body: Buffer): number | undefined {
  try {
    return RecordNumber.parse(JSON.parse(body.toString())).num;
  } catch {
    return undefined;
  }
}

function unreadable(file: string, fact: string, cause?: unknown): CommandError {
  return new CommandError(EXIT.noInput, `Cannot serve the records of ${file}: ${fact}`, { cause });
}
