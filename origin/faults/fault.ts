/** What a fault is: an entry of the table, and one request that meets it. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Answer } from '../answers.js';
import type { Random } from '../comics.js';
import type { FaultSettings, OptionName, Site } from './select.js';

/** One request that meets a fault. */
export interface Encounter {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The answer that the request would have got. */
  readonly honest: Answer;
  readonly settings: FaultSettings;
  readonly random: Random;
}

/** One kind of misbehaviour. */
export interface FaultKind {
  /** What the client sees, as a clause for the help. */
  readonly meaning: string;
  /** The pages it makes sense for; `only=latest` reaches the page of the latest as well. */
  readonly sites: readonly Site[];
  /** The options it takes besides those that say which requests it hits. */
  readonly options: readonly OptionName[];
  /** Answers the request, and returns the status that went out; 0 when none did. */
  readonly effect: (encounter: Encounter) => number;
}

export const COMICS: readonly Site[] = ['comics'];
export const SEARCHES: readonly Site[] = ['searches'];
export const BOTH: readonly Site[] = ['comics', 'searches'];

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
