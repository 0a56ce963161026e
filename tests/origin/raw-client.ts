/** What really comes over the wire, for answers that no HTTP client would pass on. */

import { connect } from 'node:net';
import type { Origin } from '../../origin/server.js';

export interface RawReply {
  readonly text: string;
  readonly bytes: Buffer;
  /** Behind the empty line. */
  readonly body: Buffer;
  /** How the connection ended; `open` when it was still there after `silenceMs` without a byte. */
  readonly ending: 'closed' | 'reset' | 'open';
}

/**
 * Sends a GET by hand and collects all that comes until the connection ends, or until nothing has
 * come for `silenceMs`.
 */
export function rawAsk(origin: Origin, path: string, silenceMs = 5_000): Promise<RawReply> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let ending: RawReply['ending'] = 'closed';
    const socket = connect(Number(new URL(origin.url).port), '127.0.0.1');
    socket.setTimeout(silenceMs, () => {
      ending = 'open';
      socket.destroy();
    });
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.once('error', () => {
      ending = 'reset';
    });
    socket.once('close', () => {
      const bytes = Buffer.concat(chunks);
      const blank = bytes.indexOf('\r\n\r\n');
      const body = blank === -1 ? Buffer.alloc(0) : bytes.subarray(blank + 4);
      resolve({ text: bytes.toString('latin1'), bytes, body, ending });
    });
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${new URL(origin.url).host}\r\n\r\n`);
  });
}
