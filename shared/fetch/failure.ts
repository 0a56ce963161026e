/** What broke between us and the site, told from the errors of got, of Node and its HTTP parser. */

import { errorCode, errorText, OutOfFilesError } from '../base/errors.js';
import { JobFailure, type Reason } from '../base/outcome.js';
import { safeText } from '../base/safe-text.js';

const REASON_OF_CODE: ReadonlyMap<string, Reason> = new Map<string, Reason>([
  ['ERR_HTTP_CONTENT_LENGTH_MISMATCH', 'cut-short'],
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
  ['EPROTO', 'tls'],
]);

const TLS_CODE =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)|_CERT|HOSTNAME_MISMATCH/;

/** What a dead connection says, or one that is full of the rest of another answer. */
const STALE = /^(?:ECONNRESET|EPIPE|HPE_.*)$/;

/** The limits of this process, and of this machine. */
const OUT_OF_FILES: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE']);

/** The errors of hpagent, which have no code. */
const PROXY_ERROR = /^(?:Bad response: \d+|Proxy timeout)$/;

/** Whether an error on a reused connection, before any answer, means that the site had closed it. */
export function isStale(error: unknown): boolean {
  return STALE.test(errorCode(error) ?? '');
}

/**
 * The {@link JobFailure} for an error of a request, which had brought the head of an answer or not.
 * Without a file to open it is an {@link OutOfFilesError}; anything else (a defect of ours) comes back as it is.
 */
export function requestFailure(error: Error, hasHead: boolean): unknown {
  // Got puts each error into one of its own, which also holds all options of the request.
  const cause = error.cause instanceof Error ? error.cause : error;
  if (cause instanceof JobFailure) return cause;
  if (PROXY_ERROR.test(error.message)) {
    return new JobFailure('connection', `the proxy: ${error.message}`, { cause });
  }
  const code = errorCode(error);
  if (OUT_OF_FILES.has(code ?? '')) {
    return new OutOfFilesError(`Cannot open a connection: ${safeText(detailOf(cause))}`, { cause });
  }
  const reason = code === undefined ? undefined : reasonOf(code, error, hasHead);
  if (reason === undefined) return cause;
  const detail = safeText(detailOf(cause));
  // Node's own messages hold the code already.
  const text = code !== undefined && detail.includes(code) ? detail : `${detail} (${code})`;
  return new JobFailure(reason, text, { cause });
}

/** Where a name has several addresses, each has an error of its own, and they have none together. */
function detailOf(error: Error): string {
  return error instanceof AggregateError
    ? error.errors.map((one: unknown) => errorText(one)).join('; ')
    : errorText(error);
}

function reasonOf(code: string, error: Error, hasHead: boolean): Reason | undefined {
  // Got reports an orderly end in the middle of a body as a reset that no system call reported.
  const isEnd = code === 'ECONNRESET' && hasHead && !errorText(error).startsWith('read ');
  if (isEnd) return 'cut-chunked';
  // Bytes after the announced end look like the start of another answer, and a bad one.
  if (code === 'HPE_INVALID_CONSTANT' && hasHead) return 'overlong';
  const known = REASON_OF_CODE.get(code);
  if (known !== undefined) return known;
  if (code.startsWith('HPE_')) return 'bad-framing';
  if (code.startsWith('EAI_')) return 'dns';
  return TLS_CODE.test(code) ? 'tls' : undefined;
}
