/** Undoing `Content-Encoding`, within a limit. */

import {
  brotliDecompressSync,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  type BrotliOptions,
  type ZlibOptions,
} from 'node:zlib';
import { errorText, JobFailure } from '../base/errors.js';
import { safeText } from '../base/safe-text.js';

/** What is asked for: what {@link decodeBody} undoes. */
export const ACCEPT_ENCODING = 'gzip, deflate, br';

/** The low four bits that start a zlib envelope (RFC 1950). */
const ZLIB_METHOD_DEFLATE = 8;

type Decoder = (raw: Buffer, options: ZlibOptions & BrotliOptions) => Buffer;

const DECODERS: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ['gzip', gunzipSync],
  ['x-gzip', gunzipSync],
  ['deflate', inflateEither],
  ['br', brotliDecompressSync],
]);

/**
 * The decoded body, never longer than `bytesMax`. Throws a {@link JobFailure}: `too-large`, or
 * `bad-compression` when it is cut off, damaged or in a coding that was not asked for.
 *
 * Synchronous on purpose: one kilobyte costs some 20 µs here and twice that through the thread
 * pool, where it would also wait behind disk flushes; the longest possible body takes milliseconds.
 */
export function decodeBody(raw: Buffer, coding: string | undefined, bytesMax: number): Buffer {
  const name = coding?.trim().toLowerCase() ?? '';
  if (name === '' || name === 'identity' || raw.length === 0) return raw;
  const decode = DECODERS.get(name);
  if (decode === undefined) {
    throw new JobFailure('bad-compression', `unknown Content-Encoding ${safeText(name)}`);
  }
  try {
    return decode(raw, { maxOutputLength: bytesMax });
  } catch (error) {
    throw decodingFailure(error, bytesMax);
  }
}

/** Some servers send bare deflate data where RFC 9110 wants it in a zlib envelope. */
function inflateEither(raw: Buffer, options: ZlibOptions): Buffer {
  const isEnvelope = ((raw[0] ?? 0) & 0x0f) === ZLIB_METHOD_DEFLATE;
  return isEnvelope ? inflateSync(raw, options) : inflateRawSync(raw, options);
}

function decodingFailure(error: unknown, bytesMax: number): JobFailure {
  const isTooLarge = error instanceof RangeError;
  const detail = isTooLarge ? `decodes to more than ${bytesMax} bytes` : errorText(error);
  return new JobFailure(isTooLarge ? 'too-large' : 'bad-compression', detail, { cause: error });
}
