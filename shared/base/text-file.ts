/** Text files as editors save them. */

import { readFile } from 'node:fs/promises';

/**
 * Reads a text file: UTF-8, with or without a byte order mark, or UTF-16 with one, as Windows saves it.
 *
 * @throws the system's error when it cannot be read.
 */
export async function readTextFile(path: string): Promise<string> {
  const bytes = await readFile(path);
  return new TextDecoder(encodingOf(bytes)).decode(bytes);
}

/** The decoder drops the mark. */
function encodingOf(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';
}
