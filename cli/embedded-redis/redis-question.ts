/**
 * One command to a Redis on a unix socket, and the first line of its reply. A whole client would
 * cost the keeper a fifth of a second at start.
 */

import type { Socket } from 'node:net';
import { connectSocket } from './unix-socket.js';

const REPLY_LENGTH_MAX = 4096;

export type Reply =
  | { readonly kind: 'reply'; readonly line: string }
  /** The server closed the connection instead of replying, as it does on SHUTDOWN. */
  | { readonly kind: 'closed' }
  /** Nobody listens there. */
  | { readonly kind: 'unreachable' }
  /** Somebody listens and did not reply in time. */
  | { readonly kind: 'silent' };

export async function askRedis(path: string, command: string, limitMs: number): Promise<Reply> {
  const connecting = await connectSocket(path);
  if (connecting.kind === 'busy') return { kind: 'silent' };
  if (connecting.kind !== 'connected') return { kind: 'unreachable' };
  const { socket } = connecting;
  socket.write(`${command}\r\n`);
  try {
    return await firstReply(socket, limitMs);
  } finally {
    socket.destroy();
  }
}

function firstReply(socket: Socket, limitMs: number): Promise<Reply> {
  return new Promise((resolve) => {
    let text = '';
    const timer = setTimeout(() => resolve({ kind: 'silent' }), limitMs);
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\r\n');
      if (end < 0 && text.length < REPLY_LENGTH_MAX) return;
      clearTimeout(timer);
      resolve({ kind: 'reply', line: end < 0 ? text : text.slice(0, end) });
    });
    socket.once('close', () => {
      clearTimeout(timer);
      resolve({ kind: 'closed' });
    });
  });
}
