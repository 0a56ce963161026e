/** What an answer means: an answer, a refusal, a redirect, or a coded body. */

import { isUtf8 } from 'node:buffer';
import {
  brotliDecompressSync,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  type BrotliOptions,
  type ZlibOptions,
} from 'node:zlib';
import type { PlainResponse } from 'got';
import { errorText } from '../base/errors.js';
import { JobFailure, type Reason } from '../base/outcome.js';
import { hideQuery, safeText, safeUrl } from '../base/safe-text.js';
import { blockPageOf } from './block-page.js';

/** An answer: 2xx with its body, or 404 with none. */
export interface Fetched {
  readonly status: number;
  /** The URL that answered, after redirects; without credentials. */
  readonly url: string;
  /** Byte for byte what the site sent, its compression undone. */
  readonly body: Buffer;
  /** As sent; empty when there was none. */
  readonly contentType: string;
  /** From the start of the first request to the last byte. */
  readonly durationMs: number;
}

/** Whether the body of an answer is worth reading. 206 is a part that was not asked for. */
export function isAnswer(status: number): boolean {
  return status >= 200 && status < 300 && status !== 206;
}

/** The failure for a status that is no answer, no 404 and no followed redirect. */
export function refusal(status: number, retryAfter: string | undefined): JobFailure {
  const retryAfterMs = parseRetryAfter(retryAfter, Date.now());
  const reason = reasonOfStatus(status, retryAfterMs);
  return new JobFailure(reason, `status ${status}`, { retryAfterMs, facts: { status } });
}

/** A 503 that says for how long asks to be left alone, just as a 429 does. */
function reasonOfStatus(status: number, retryAfterMs: number | undefined): Reason {
  if (status === 429 || (status === 503 && retryAfterMs !== undefined)) return 'throttled';
  if (status === 401 || status === 403 || status === 451) return 'forbidden';
  if (status === 408) return 'timeout';
  if (status >= 500) return 'server-error';
  return status >= 400 ? 'client-error' : 'unexpected-status';
}

const RETRY_AFTER_MS_MIN = 1_000;
/** A day: a longer wish is more likely a mistake, and the next answer can repeat it. */
const RETRY_AFTER_MS_MAX = 24 * 60 * 60 * 1_000;

const SECONDS = /^\d+$/;
/** The three date forms of RFC 9110 start with the name of a day; `Date.parse` alone takes "-5" for a date. */
const HTTP_DATE = /^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? .*\d/i;
const ZONE = /(?:gmt|utc|[+-]\d{4})$/i;

/**
 * The wait that a `Retry-After` header asks for, in milliseconds between a second and a day.
 * Undefined when it asks for none: absent, zero, negative, a date that has passed, or no form that
 * RFC 9110 knows.
 */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  const waitMs = SECONDS.test(text) ? Number(text) * 1_000 : timeOfDate(text) - nowMs;
  if (Number.isNaN(waitMs) || waitMs <= 0) return undefined;
  return Math.min(Math.max(waitMs, RETRY_AFTER_MS_MIN), RETRY_AFTER_MS_MAX);
}

function timeOfDate(text: string): number {
  if (!HTTP_DATE.test(text)) return Number.NaN;
  return Date.parse(ZONE.test(text) ? text : `${text} GMT`);
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Whether a URL leads to this machine: http is allowed there, and no proxy is asked. */
export function isLoopback({ hostname }: URL): boolean {
  return LOOPBACK.test(hostname);
}

/** Whether a URL is one that may be fetched at all: https, or http on this machine. */
export function isAllowed(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
}

/** Whether an answer asks to be asked elsewhere. */
export function isRedirect({
  statusCode,
  headers,
}: Pick<PlainResponse, 'statusCode' | 'headers'>): boolean {
  return statusCode >= 300 && statusCode < 400 && headers.location !== undefined;
}

/**
 * Why a redirect is not followed, judging by the URL alone: it leads to another host, from https to
 * http, to a block page, to nothing that is a URL, or round in circles. Undefined when it may be.
 */
export function redirectFailure(
  redirect: Pick<PlainResponse, 'url' | 'headers' | 'requestUrl' | 'redirectUrls'>,
  redirectsMax: number,
): JobFailure | undefined {
  const from = new URL(redirect.url);
  const { location = '' } = redirect.headers;
  // Node reads header fields as Latin-1, while sites send UTF-8 in them.
  const text = Buffer.from(location, 'latin1').toString();
  if (!URL.canParse(text, from.href)) {
    const detail = `a redirect to something that is no URL: ${safeText(location)}`;
    return new JobFailure('unexpected-status', detail);
  }
  const target = new URL(text, from);
  const reason = reasonOfTarget(from, target) ?? reasonOfLoop(redirect, target, redirectsMax);
  const shown = safeText(hideQuery(safeUrl(target)));
  return reason === undefined ? undefined : new JobFailure(reason, `redirected to ${shown}`);
}

function reasonOfTarget(from: URL, target: URL): Reason | undefined {
  const block = blockPageOf({ url: target });
  if (block !== undefined) return block;
  if (!isSameHost(from, target)) return 'redirect-host';
  const isDowngrade = from.protocol === 'https:' && target.protocol !== 'https:';
  return isDowngrade ? 'redirect-insecure' : undefined;
}

/** Another port is another host: on loopback it would be another program of this machine. */
function isSameHost(from: URL, target: URL): boolean {
  const schemeMayChange = from.port === '' && target.port === '';
  const sameScheme = from.protocol === target.protocol;
  const isWeb = target.protocol === 'https:' || target.protocol === 'http:';
  return isWeb && from.host === target.host && (sameScheme || schemeMayChange);
}

function reasonOfLoop(
  { requestUrl, redirectUrls }: Pick<PlainResponse, 'requestUrl' | 'redirectUrls'>,
  target: URL,
  redirectsMax: number,
): Reason | undefined {
  const seen = [requestUrl, ...redirectUrls].map(resourceOf);
  const isLoop = redirectUrls.length >= redirectsMax || seen.includes(resourceOf(target));
  return isLoop ? 'redirect-loop' : undefined;
}

/** Fragments and credentials do not lead to another resource. */
function resourceOf({ origin, pathname, search }: URL): string {
  return origin + pathname + search;
}

/** What is asked for: what {@link decodeBody} undoes. */
export const ACCEPT_ENCODING = 'gzip, deflate, br';

/** The low four bits that start a zlib envelope (RFC 1950). */
const ZLIB_METHOD_DEFLATE = 8;

/** Some servers name these, and change nothing. */
const NO_CODING: ReadonlySet<string> = new Set(['', 'identity', 'none', 'binary', 'utf-8', 'utf8']);

/** No server has a reason for more; each costs a pass over the body. */
const CODINGS_MAX = 3;

type Decoder = (raw: Buffer, options: ZlibOptions & BrotliOptions) => Buffer;

const DECODERS: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ['gzip', gunzipSync],
  ['x-gzip', gunzipSync],
  ['deflate', inflateEither],
  ['br', brotliDecompressSync],
]);

/**
 * Undoes the codings of a `Content-Encoding` field; never longer than `bytesMax`. Throws a
 * {@link JobFailure}: `too-large`, or `bad-compression` when the body is cut off, damaged or in a
 * coding that was not asked for.
 *
 * Got would do it with three streams and the thread pool, where it would wait behind disk flushes: a
 * fetch of one kilobyte then takes 270 µs of processor time instead of 80 (400 instead of 250 in a
 * cold process; measured). Synchronously, the longest possible body takes milliseconds.
 */
export function decodeBody(raw: Buffer, codings: string | undefined, bytesMax: number): Buffer {
  if (codings === undefined || raw.length === 0) return raw;
  const names = codings
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => !NO_CODING.has(name));
  if (names.length > CODINGS_MAX) {
    throw new JobFailure('bad-compression', `${names.length} codings in Content-Encoding`);
  }
  return names.reduceRight((body, name) => undo(name, body, bytesMax), raw);
}

/** A name that is no coding we know means nothing where the body is text: servers make such names up. */
function undo(name: string, body: Buffer, bytesMax: number): Buffer {
  const decode = DECODERS.get(name);
  if (decode === undefined) {
    if (isUtf8(body) && !body.includes(0)) return body;
    throw new JobFailure('bad-compression', `unknown Content-Encoding ${safeText(name)}`);
  }
  try {
    return decode(body, { maxOutputLength: bytesMax });
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
