/** Faults of HTTP itself: lengths, chunks, compression and connections that break. */

import { gzipSync } from 'node:zlib';
import { BOTH, type Encounter, type FaultKind } from './fault.js';
import type { Random } from '../random.js';
import { sendRaw, writeRaw, type Ending } from './wire.js';

/** Four times what Node accepts as the head of an answer. */
const HEADER_BYTES = 65_536;

const GARBAGE_BYTES = 512;

/** How far an announced length is off. */
const LENGTH_ERROR_BYTES = 10;

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
  return { meaning, sites: BOTH, options: [], effect };
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
