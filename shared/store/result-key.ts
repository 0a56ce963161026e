/** Names of results: a folder and a file, and nothing that could lead out of them. */

import { hash } from 'node:crypto';
import { JobFailure } from '../base/outcome.js';
import { safeText } from '../base/safe-text.js';

/** Names one result: `{ folder: 'comics', file: '614.json' }`. */
export interface ResultKey {
  readonly folder: string;
  readonly file: string;
}

/** What common file systems allow (ext4, APFS, NTFS), in bytes of UTF-8. */
const FILE_NAME_BYTES_MAX = 255;

/** Folders of the store itself. */
const RESERVED_FOLDERS: ReadonlySet<string> = new Set(['journal']);

const FOLDER = /^[a-z][a-z0-9-]{0,63}$/;
/** Letters, digits, marks, dots, hyphens; no leading dot or hyphen, no trailing dot. */
const FILE = /^[\p{L}\p{N}_](?:[\p{L}\p{N}\p{M}_.-]*[\p{L}\p{N}\p{M}_-])?$/u;
/** Devices of Windows, whatever their ending. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/** Leaves space for the digest and the ending in 255 bytes, and keeps listings legible. */
const READABLE_BYTES_MAX = 80;
const DIGEST_DIGITS = 10;

const NOT_READABLE = /[^\p{L}\p{N}\p{M}]+/gu;
const OUTER = /^[\p{M}-]+|-+$/gu;

/** The key as one text, as the journal holds it: `comics/614.json`. */
export function keyText(key: ResultKey): string {
  return `${key.folder}/${key.file}`;
}

/** Reads such a text. Throws a {@link JobFailure} `bad-name` for anything else. */
export function parseKey(text: string): ResultKey {
  const [folder = '', file = '', ...more] = text.split('/');
  if (more.length > 0) throw badName(text);
  return checkedKey({ folder, file });
}

/** Returns a safe key as it is. Throws a {@link JobFailure} `bad-name` for any other. */
export function checkedKey(key: ResultKey): ResultKey {
  if (!isFolderName(key.folder) || !isResultFile(key.file)) throw badName(keyText(key));
  return key;
}

const CONTENT_TYPES: ReadonlyMap<string, string> = new Map([
  ['json', 'application/json'],
  ['html', 'text/html; charset=utf-8'],
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['gif', 'image/gif'],
  ['webp', 'image/webp'],
]);

/** What the file of a result holds, by its extension. */
export function contentTypeOf(file: string): string {
  const extension = file.slice(file.lastIndexOf('.') + 1);
  return CONTENT_TYPES.get(extension) ?? 'application/octet-stream';
}

/** Whether a folder may hold results. */
export function isFolderName(name: string): boolean {
  return FOLDER.test(name) && !RESERVED_FOLDERS.has(name);
}

/** Whether a file may be a result: temporary and hidden files may not. */
export function isResultFile(name: string): boolean {
  const isShort = Buffer.byteLength(name) <= FILE_NAME_BYTES_MAX;
  return isShort && FILE.test(name) && !DEVICE.test(name);
}

function badName(text: string): JobFailure {
  return new JobFailure('bad-name', `${safeText(text)} cannot be the name of a result`);
}

/**
 * The file of a search term. `Your Name` becomes `Your-Name-<10 hex digits>.html`: letters and digits of any
 * script, a hyphen for the rest, and the start of the SHA-256 of the term in NFC. Safe on every file
 * system for any text; terms that differ after NFC never share a name, even where case is ignored.
 */
export function fileNameOfTerm(term: string): string {
  const normal = term.normalize('NFC');
  const readable = cutToBytes(normal.replaceAll(NOT_READABLE, '-').replaceAll(OUTER, ''));
  const digest = hash('sha256', bytesOf(normal), 'hex').slice(0, DIGEST_DIGITS);
  return `${readable === '' ? 'search' : readable}-${digest}.html`;
}

/** UTF-8, or UTF-16 for lone surrogates, all of which UTF-8 would turn into one character. */
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
