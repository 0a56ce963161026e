/** File names for search terms: a part to read, and a part that makes them unique. */

import { hash } from 'node:crypto';

/** Leaves room for the digest and the ending in 255 bytes, and keeps listings legible. */
const READABLE_BYTES_MAX = 80;
const DIGEST_DIGITS = 10;

const NOT_READABLE = /[^\p{L}\p{N}\p{M}]+/gu;
const OUTER = /^[\p{M}-]+|-+$/gu;

/**
 * `Your Name` becomes `Your-Name-<10 hex digits>.html`: letters and digits of any script, all else
 * a hyphen, and the start of the SHA-256 of the term in NFC. Safe on every file system for any
 * text; two terms that differ after NFC never share a name, also where case does not count.
 */
export function fileNameOfTerm(term: string): string {
  const normal = term.normalize('NFC');
  const readable = cutToBytes(normal.replaceAll(NOT_READABLE, '-').replaceAll(OUTER, ''));
  const digest = hash('sha256', bytesOf(normal), 'hex').slice(0, DIGEST_DIGITS);
  return `${readable === '' ? 'search' : readable}-${digest}.html`;
}

/** UTF-8; of text with lone surrogates, which UTF-8 would all make one character, UTF-16. */
function bytesOf(text: string): Buffer {
  return Buffer.from(text, text.isWellFormed() ? 'utf8' : 'utf16le');
}

function cutToBytes(text: string): string {
  let bytes = 0;
  let kept = '';
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > READABLE_BYTES_MAX) break;
    kept += character;
  }
  return kept.replaceAll(OUTER, '');
}
