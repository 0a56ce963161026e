/** Connecting to a unix socket, with every ending as a value. */

import { createConnection, type Socket } from 'node:net';
import { errorCode, EXIT, type ExitCode } from '../base/errors.js';

export type Connecting =
  | { readonly kind: 'connected'; readonly socket: Socket }
  /** The file is there and nobody listens. */
  | { readonly kind: 'refused' }
  /** There is no such file. */
  | { readonly kind: 'absent' }
  /** Somebody listens but has no room for one more just now. */
  | { readonly kind: 'busy' };

const ENDINGS: Readonly<Record<string, 'refused' | 'absent' | 'busy'>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'refused',
  ENOENT: 'absent',
  EAGAIN: 'busy',
};

/**
 * Tries once. The kernel answers for unix sockets at once, so there is nothing to wait for.
 * @throws the system error for anything else, such as a lack of permission.
 */
export async function connectSocket(path: string): Promise<Connecting> {
  const socket = createConnection(path);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject);
    });
    // Errors after this end in `close`, which is what everybody waits for.
    socket.removeAllListeners('error').on('error', () => undefined);
    return { kind: 'connected', socket };
  } catch (error) {
    socket.destroy();
    const ending = ENDINGS[errorCode(error) ?? ''];
    if (ending === undefined) throw error;
    return { kind: ending };
  }
}

export type ControlMessage =
  | { readonly type: 'announce'; readonly line: string }
  | { readonly type: 'ready'; readonly socketPath: string }
  | { readonly type: 'failed'; readonly error: string; readonly exitCode: ExitCode };

/** A whole message is far shorter; more without a line end is not ours. */
export const MESSAGE_LENGTH_MAX = 64 * 1024;

export function encodeMessage(message: ControlMessage): string {
  return `${JSON.stringify(message)}\n`;
}

/** The message of a line, or undefined when it is none: a later version may say more. */
export function decodeMessage(line: string): ControlMessage | undefined {
  const fields = parseObject(line);
  switch (fields['type']) {
    case 'announce':
      return { type: 'announce', line: String(fields['line']) };
    case 'ready':
      return { type: 'ready', socketPath: String(fields['socketPath']) };
    case 'failed':
      return {
        type: 'failed',
        error: String(fields['error']),
        exitCode: fields['exitCode'] === EXIT.cannotWrite ? EXIT.cannotWrite : EXIT.unavailable,
      };
    default:
      return undefined;
  }
}

function parseObject(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/*
 * One command to a Redis on a unix socket, and the first line of its reply. A whole client would
 * cost the daemon a fifth of a second at start.
 */

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
