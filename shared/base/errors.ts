/**
 * The error classes of the system, one per reaction of the caller. A message says what could not be
 * done, the fact, and the next step; it never holds a password.
 */

/** Exit codes of every command, after sysexits.h where one fits. */
export const EXIT = {
  ok: 0,
  jobFailed: 1,
  usage: 2,
  noInput: 66,
  unavailable: 69,
  defect: 70,
  portTaken: 71,
  cannotWrite: 73,
  timedOut: 75,
  badConfig: 78,
  belowMinimum: 99,
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command in an expected way: the message is for the user, the code for the shell. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/**
 * The results cannot be written (disk full, read-only, not permitted). The job is not to blame and goes
 * back to its queue; the worker takes no more until writing works again.
 */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * This process may open no more files, and a connection is one. Neither the site nor the job is to blame:
 * the job goes back, and the worker takes no more until files can be opened again.
 */
export class OutOfFilesError extends Error {
  override readonly name = 'OutOfFilesError';
}

/** What the system's errors about files mean, for people. */
const FILE_ERRORS: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EROFS', 'the file system is read-only'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['EIO', 'the disk reports an error'],
  ['EMFILE', 'too many open files'],
  ['ENFILE', 'too many open files'],
  ['ENOENT', 'no such file or directory'],
  ['ENOTDIR', 'a part of the path is not a directory'],
  ['EISDIR', 'it is a directory'],
  ['EEXIST', 'a file is in its place'],
  ['ELOOP', 'a symbolic link is in its place'],
]);

/** What the code of a system's error about a file means: `the disk is full (ENOSPC)`; a rare one stands alone. */
export function fileErrorText(code: string): string {
  const meaning = FILE_ERRORS.get(code);
  return meaning === undefined ? code : `${meaning} (${code})`;
}

/**
 * The text of anything thrown, on one line. The system's errors about files are put in words and without the
 * path: a caller that says more names the place in words of its own, and Node's path may be another.
 */
export function errorText(error: unknown): string {
  const code = errorCode(error);
  if (code !== undefined && FILE_ERRORS.has(code) && isOfFile(error)) return fileErrorText(code);
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.replaceAll(/\s+/g, ' ').trim();
}

function isOfFile(error: unknown): boolean {
  if (!(error instanceof Error) || !('syscall' in error)) return false;
  return 'path' in error || error.syscall === 'write';
}

/** The `code` of a system's, parser's or TLS error (`ENOENT`); undefined for anything else thrown. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Something that runs until `stop`. Both calls are idempotent. */
export interface Service {
  start(): Promise<void>;
  /** Resolves when truly stopped: no timers, sockets or child processes are left. */
  stop(): Promise<void>;
}
