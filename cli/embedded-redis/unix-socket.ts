/** Connecting to a unix socket, with every ending as a value. */

import { createConnection, type Socket } from 'node:net';
import { errorCode } from '../../shared/base/errors.js';

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
