/** Names of results: one folder, one file, and nothing that could lead elsewhere. */

import { hash } from 'node:crypto';
import { JobFailure } from '../base/errors.js';
import { safeText } from '../base/safe-text.js';

/** Where one result is kept: `{ folder: 'comics', file: '614.json' }`. */
export interface ResultKey {
  readonly folder: string;
  readonly file: string;
}

/** What common file systems allow (ext4, APFS, NTFS), in bytes of UTF-8. */
const FILE_NAME_BYTES_MAX = 255;

/** The folder of the store itself. */
const RESERVED_FOLDERS: ReadonlySet<string> = new Set(['journal']);

const FOLDER = /^[a-z][a-z0-9-]{0,63}$/;
/** Letters, digits, marks, dots, hyphens; no leading dot or hyphen, no trailing dot. */
const FILE = /^[\p{L}\p{N}_](?:[\p{L}\p{N}\p{M}_.-]*[\p{L}\p{N}\p{M}_-])?$/u;
/** Devices of Windows, whatever their ending. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/** The key as one text, `comics/614.json`: the key of the journal. */
export function keyText(key: ResultKey): string {
  return `${key.folder}/${key.file}`;
}

/** The key of such a text. Throws a {@link JobFailure} `bad-name` for anything else. */
export function parseKey(text: string): ResultKey {
  const [folder = '', file = '', ...more] = text.split('/');
  if (more.length > 0) throw badName(text);
  return checkedKey({ folder, file });
}

/** The same key, once it is known to be safe. Throws a {@link JobFailure} `bad-name`. */
export function checkedKey(key: ResultKey): ResultKey {
  if (!isFolderName(key.folder) || !isResultFile(key.file)) throw badName(keyText(key));
  return key;
}

/** Whether a folder may hold results. */
export function isFolderName(name: string): boolean {
  return FOLDER.test(name) && !RESERVED_FOLDERS.has(name);
}

/** Whether a file may be a result: temporary and hidden ones may not. */
export function isResultFile(name: string): boolean {
  const isShort = Buffer.byteLength(name) <= FILE_NAME_BYTES_MAX;
  return isShort && FILE.test(name) && !DEVICE.test(name);
}

function badName(text: string): JobFailure {
  return new JobFailure('bad-name', `${safeText(text)} cannot be the name of a result`);
}

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
