/** What an error of the file system means for a result. */

import { CommandError, EXIT, JobFailure, StoreUnavailableError } from '../base/errors.js';
import { safeText } from '../base/safe-text.js';

const MEANING: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EROFS', 'the file system is read-only'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['EIO', 'the disk reports an error'],
  ['EMFILE', 'too many open files'],
  ['ENFILE', 'too many open files'],
  ['ENOENT', 'the directory is gone'],
  ['ENOTDIR', 'a part of the path is not a directory'],
]);

/** The place is taken by a directory or a link, or the file system takes no such name. */
const BAD_NAME: ReadonlySet<string> = new Set(['EISDIR', 'ELOOP', 'ENAMETOOLONG', 'EILSEQ']);

/**
 * The error to throw for one that came up while writing `path`: a `JobFailure` `bad-name`, a
 * `StoreUnavailableError`, or the same when it is none of the file system's.
 */
export function storeFailure(error: unknown, path: string): unknown {
  const code = systemCode(error);
  if (code === undefined) return error;
  const detail = `${safeText(path)}: ${meaningOf(code)}`;
  if (BAD_NAME.has(code)) return new JobFailure('bad-name', detail, { cause: error });
  return new StoreUnavailableError(code, `Cannot write ${detail}`, { cause: error });
}

/** The end of a command whose results cannot be written at all. */
export function cannotWrite(error: unknown, location: string): unknown {
  const code = error instanceof StoreUnavailableError ? error.code : systemCode(error);
  if (code === undefined) return error;
  const message = `Cannot write results in ${safeText(location)}: ${meaningOf(code)}. Make it writable, or give another place with --out.`;
  return new CommandError(EXIT.cannotWrite, message, { cause: error });
}

/** The code of an error that a system call reported. */
export function systemCode(error: unknown): string | undefined {
  const isSystem = error instanceof Error && 'syscall' in error && 'code' in error;
  return isSystem && typeof error.code === 'string' ? error.code : undefined;
}

function meaningOf(code: string): string {
  const meaning = MEANING.get(code);
  return meaning === undefined ? code : `${meaning} (${code})`;
}
