/** What broke between us and the site, told from the errors of Node and its HTTP parser. */

import { errorCode, errorText, JobFailure } from '../base/errors.js';
import { type Reason } from '../base/outcome.js';
import { safeText } from '../base/safe-text.js';

/** How far an answer had come when its connection broke. */
export interface Progress {
  readonly hasHead: boolean;
  readonly transferEncoding: string | undefined;
}

const REASON_OF_CODE: ReadonlyMap<string, Reason> = new Map<string, Reason>([
  ['HPE_CLOSED_CONNECTION', 'overlong'],
  ['HPE_UNEXPECTED_CONTENT_LENGTH', 'double-length'],
  ['HPE_HEADER_OVERFLOW', 'huge-header'],
  ['ENOTFOUND', 'dns'],
  ['ETIMEOUT', 'dns'],
  ['ECONNRESET', 'connection'],
  ['ECONNREFUSED', 'connection'],
  ['ECONNABORTED', 'connection'],
  ['EPIPE', 'connection'],
  ['ETIMEDOUT', 'connection'],
  ['EHOSTUNREACH', 'connection'],
  ['EHOSTDOWN', 'connection'],
  ['ENETUNREACH', 'connection'],
  ['ENETDOWN', 'connection'],
  ['EADDRNOTAVAIL', 'connection'],
  ['EMFILE', 'connection'],
  ['ERR_STREAM_PREMATURE_CLOSE', 'connection'],
  ['EPROTO', 'tls'],
]);

const TLS_CODE =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)|_CERT|HOSTNAME_MISMATCH/;

/** The connection went away and Node reported no error: an answer that asks for another protocol, say. */
export class PrematureCloseError extends Error {
  override readonly name = 'PrematureCloseError';
  readonly code = 'ERR_STREAM_PREMATURE_CLOSE';

  constructor() {
    super('The connection closed before an answer');
  }
}

/**
 * The {@link JobFailure} for an error of a connection. Anything that is none (a defect of ours)
 * comes back as it is.
 */
export function connectionFailure(error: unknown, progress: Progress): unknown {
  const code = errorCode(error);
  const reason = code === undefined ? undefined : reasonOf(code, error, progress);
  if (reason === undefined) return error;
  const detail = `${safeText(errorText(error))} (${code})`;
  return new JobFailure(reason, detail, { cause: error });
}

function reasonOf(code: string, error: unknown, progress: Progress): Reason | undefined {
  if (code === 'ECONNRESET' && isEndWithinBody(error, progress)) {
    return progress.transferEncoding === undefined ? 'cut-short' : 'cut-chunked';
  }
  // Bytes after the announced end look like the start of another answer, and a bad one.
  if (code === 'HPE_INVALID_CONSTANT' && progress.hasHead) return 'overlong';
  const known = REASON_OF_CODE.get(code);
  if (known !== undefined) return known;
  if (code.startsWith('HPE_')) return 'bad-framing';
  if (code.startsWith('EAI_')) return 'dns';
  return TLS_CODE.test(code) ? 'tls' : undefined;
}

/** Node reports an orderly end in the middle of a body as a reset that no system call reported. */
function isEndWithinBody(error: unknown, progress: Progress): boolean {
  return progress.hasHead && !errorText(error).startsWith('read ');
}
