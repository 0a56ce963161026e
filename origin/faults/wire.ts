/** Answers that node:http would not send: written straight to the connection. */

import type { Socket } from 'node:net';
import type { Encounter } from './fault.js';

/** What becomes of the connection after the bytes: closed, reset, or left open in silence. */
export type Ending = 'close' | 'reset' | 'silence';

/**
 * A client on Node that finds bytes and a reset together reports a mere end of the connection
 * (libuv takes the hang-up for one), so the reset comes after the bytes have been read.
 */
const RESET_AFTER_MS = 50;

/** Writes a status line 200, header lines and a body as they are given. */
export function sendRaw(
  { response }: Encounter,
  headerLines: readonly string[],
  body: Buffer,
  ending: Ending,
): void {
  const head = ['HTTP/1.1 200 OK', ...headerLines, '', ''].join('\r\n');
  writeRaw(response.socket, Buffer.concat([Buffer.from(head, 'latin1'), body]), ending);
}

/** Writes bytes that need not be HTTP at all. */
export function writeRaw(socket: Socket | null, bytes: Buffer, ending: Ending): void {
  if (socket === null || socket.destroyed) return;
  socket.write(bytes, () => {
    if (ending === 'reset') setTimeout(() => socket.resetAndDestroy(), RESET_AFTER_MS).unref();
  });
  if (ending === 'close') socket.destroySoon();
}

/**
 * Sends pieces no faster than the client reads them; stops when it leaves. Without a length the
 * answer is chunked.
 */
export function streamPieces(
  { response, honest }: Encounter,
  pieces: Iterable<Buffer>,
  bodyBytes?: number,
): void {
  response.writeHead(200, {
    'Content-Type': honest.contentType,
    ...(bodyBytes === undefined ? {} : { 'Content-Length': bodyBytes }),
  });
  const iterator = pieces[Symbol.iterator]();
  const proceed = (): void => {
    for (let next = iterator.next(); !next.done; next = iterator.next()) {
      if (response.destroyed) return;
      if (!response.write(next.value)) {
        response.once('drain', proceed);
        return;
      }
    }
    response.end();
  };
  proceed();
}
