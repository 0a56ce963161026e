/** Faults of HTTP itself: statuses, lengths, chunks, compression and connections that break. */

import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { HTML_TYPE } from '../answers.js';
import type { Random } from '../random.js';
import {
  ALL,
  type Encounter,
  type FaultKind,
  SELECTING,
  WITH_INTERVAL,
  WITH_LIMIT,
  WITH_RETRY_AFTER,
} from './fault.js';

/** Four times what Node accepts as the head of an answer. */
const HEADER_BYTES = 65_536;

const GARBAGE_BYTES = 512;

const TINY_CHUNKS = 65_536;

const INTERIM_ANSWERS = 10_000;

/** How far an announced length is off. */
const LENGTH_ERROR_BYTES = 10;

/** Between two bytes of a slow body. */
const INTERVAL_MS = 200;

/**
 * A client on Node that finds bytes and a reset together reports a mere end of the connection
 * (libuv takes the hang-up for one), so the reset comes after the bytes have been read.
 */
const RESET_AFTER_MS = 50;

export const STATUS_FAULTS = {
  '204': {
    meaning: '204 No Content',
    pages: ALL,
    options: SELECTING,
    effect: (encounter) => sendBare(204, encounter),
  },
  '304': {
    meaning: '304 Not Modified, though nothing was asked for',
    pages: ALL,
    options: SELECTING,
    effect: (encounter) => sendBare(304, encounter),
  },
  '400': statusFault(400),
  '401': statusFault(401),
  '403': statusFault(403),
  '404': statusFault(404),
  '410': statusFault(410),
  '429': statusFault(429),
  '451': statusFault(451),
  '500': statusFault(500),
  '502': statusFault(502),
  '503': statusFault(503),
  '504': statusFault(504),
  limit: {
    meaning: '429 at once above N requests in flight',
    pages: ALL,
    options: WITH_LIMIT,
    effect: (encounter) => sendStatus(429, encounter),
  },
} as const satisfies Record<string, FaultKind>;

function sendStatus(status: number, encounter: Encounter): number {
  const body = Buffer.from(`<html><h1>${status} ${STATUS_CODES[status] ?? ''}</h1></html>\n`);
  encounter.response
    .writeHead(status, {
      'Content-Type': HTML_TYPE,
      'Content-Length': body.length,
      ...retryAfterHeader(encounter),
    })
    .end(body);
  return status;
}

function sendBare(status: number, encounter: Encounter): number {
  encounter.response.writeHead(status).end();
  return status;
}

function statusFault(status: number): FaultKind {
  return {
    meaning: `${status} ${STATUS_CODES[status] ?? ''}`,
    pages: ALL,
    options: WITH_RETRY_AFTER,
    effect: (encounter) => sendStatus(status, encounter),
  };
}

/** The Retry-After header as the fault's option asks for it. */
export function retryAfterHeader({ settings }: Encounter): Record<string, string> {
  const text = settings['retry-after'];
  return text === undefined ? {} : { 'Retry-After': text };
}

export const TIMING_FAULTS = {
  slow: {
    meaning: 'one byte of the body every 200 ms',
    pages: ALL,
    options: WITH_INTERVAL,
    effect: trickle,
  },
  stall: {
    meaning: 'half the body, then silence on an open connection',
    pages: ALL,
    options: SELECTING,
    effect: (encounter) => {
      const { body, contentType } = encounter.honest;
      const lines = [`Content-Type: ${contentType}`, `Content-Length: ${body.length}`];
      sendRaw(encounter, lines, body.subarray(0, body.length >> 1), 'silence');
      return 200;
    },
  },
  'no-header': {
    meaning: 'the request is accepted and never answered',
    pages: ALL,
    options: SELECTING,
    effect: () => 0,
  },
} as const satisfies Record<string, FaultKind>;

/** One byte of the honest body after another; stops when the client leaves. */
function trickle({ response, honest, settings }: Encounter): number {
  response.writeHead(200, {
    'Content-Type': honest.contentType,
    'Content-Length': honest.body.length,
  });
  response.flushHeaders();
  let sent = 0;
  const timer = setInterval(() => {
    response.write(honest.body.subarray(sent, sent + 1));
    sent += 1;
    if (sent === honest.body.length) {
      clearInterval(timer);
      response.end();
    }
  }, settings.interval ?? INTERVAL_MS);
  response.once('close', () => clearInterval(timer));
  return 200;
}

export const FRAMING_FAULTS = {
  truncate: framingFault('half the body, then the connection closes', (encounter) => {
    const { body } = encounter.honest;
    return raw(encounter, [lengthLine(body.length)], half(body));
  }),
  'short-length': framingFault('a Content-Length below the size of the body', (encounter) => {
    const { body } = encounter.honest;
    return raw(encounter, [lengthLine(body.length - LENGTH_ERROR_BYTES)], body);
  }),
  'long-length': framingFault('a Content-Length above the size of the body', (encounter) => {
    const { body } = encounter.honest;
    return raw(encounter, [lengthLine(body.length + LENGTH_ERROR_BYTES)], body);
  }),
  'double-length': framingFault('two Content-Length headers that differ', (encounter) => {
    const { body } = encounter.honest;
    const lines = [lengthLine(body.length), lengthLine(body.length + LENGTH_ERROR_BYTES)];
    return raw(encounter, lines, body);
  }),
  'cut-chunked': framingFault('a chunked body without its end', (encounter) =>
    raw(encounter, ['Transfer-Encoding: chunked'], chunk(half(encounter.honest.body))),
  ),
  'bad-chunk': framingFault('a chunk whose size is no number', (encounter) => {
    const body = Buffer.concat([chunk(half(encounter.honest.body)), Buffer.from('zz\r\nrest\r\n')]);
    return raw(encounter, ['Transfer-Encoding: chunked'], body);
  }),
  'tiny-chunks': framingFault('65,536 bytes in chunks of one', (encounter) =>
    raw(
      encounter,
      ['Transfer-Encoding: chunked'],
      Buffer.from(`${'1\r\nx\r\n'.repeat(TINY_CHUNKS)}0\r\n\r\n`),
    ),
  ),
  interim: framingFault('ten thousand answers 103 Early Hints', ({ response }) => {
    writeRaw(
      response.socket,
      Buffer.from('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(INTERIM_ANSWERS)),
      'close',
    );
    return 103;
  }),
  'cut-gzip': framingFault('a compressed body cut in half, its length right', (encounter) => {
    const body = half(gzipSync(encounter.honest.body));
    return raw(encounter, ['Content-Encoding: gzip', lengthLine(body.length)], body);
  }),
  'bad-gzip': framingFault('a plain body announced as compressed', (encounter) => {
    const { body } = encounter.honest;
    return raw(encounter, ['Content-Encoding: gzip', lengthLine(body.length)], body);
  }),
  'huge-header': framingFault('a header of 64 KiB', (encounter) => {
    const { body } = encounter.honest;
    return raw(
      encounter,
      [`X-Padding: ${'x'.repeat(HEADER_BYTES)}`, lengthLine(body.length)],
      body,
    );
  }),
  garbage: framingFault('bytes that are no HTTP', ({ response, random }) => {
    writeRaw(response.socket, garbage(random), 'close');
    return 0;
  }),
  hangup: framingFault('the connection closes without an answer', ({ response }) => {
    response.socket?.destroySoon();
    return 0;
  }),
  reset: framingFault('the connection is reset (RST) without an answer', ({ response }) => {
    response.socket?.resetAndDestroy();
    return 0;
  }),
  'reset-body': framingFault('half the body, then the connection is reset', (encounter) => {
    const { body } = encounter.honest;
    return raw(encounter, [lengthLine(body.length)], half(body), 'reset');
  }),
} as const satisfies Record<string, FaultKind>;

/** A raw answer with the type of the honest one. */
function raw(
  encounter: Encounter,
  lines: readonly string[],
  body: Buffer,
  ending: Ending = 'close',
): number {
  sendRaw(encounter, [`Content-Type: ${encounter.honest.contentType}`, ...lines], body, ending);
  return 200;
}

function half(body: Buffer): Buffer {
  return body.subarray(0, body.length >> 1);
}

function lengthLine(bytes: number): string {
  return `Content-Length: ${bytes}`;
}

/** One whole chunk of a chunked body. */
function chunk(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n')]);
}

function garbage(random: Random): Buffer {
  return Buffer.from(Array.from({ length: GARBAGE_BYTES }, () => Math.floor(random() * 256)));
}

/** An entry for a fault that both sites can have and that takes no options of its own. */
function framingFault(meaning: string, effect: (encounter: Encounter) => number): FaultKind {
  return { meaning, pages: ALL, options: SELECTING, effect };
}

/** How the connection ends after the bytes; `silence` leaves it open. */
type Ending = 'close' | 'reset' | 'silence';

/** Writes a status line 200, header lines and a body as they are given. */
function sendRaw(
  { response }: Encounter,
  headerLines: readonly string[],
  body: Buffer,
  ending: Ending,
): void {
  const head = ['HTTP/1.1 200 OK', ...headerLines, '', ''].join('\r\n');
  writeRaw(response.socket, Buffer.concat([Buffer.from(head, 'latin1'), body]), ending);
}

/** Writes bytes that need not be HTTP at all. */
function writeRaw(socket: Socket | null, bytes: Buffer, ending: Ending): void {
  if (socket === null || socket.destroyed) return;
  socket.write(bytes, () => {
    if (ending === 'reset') setTimeout(() => socket.resetAndDestroy(), RESET_AFTER_MS).unref();
  });
  if (ending === 'close') socket.destroySoon();
}
