/** Unix sockets: paths of any length, and connecting with every ending as a value. */

import {
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { errorCode } from './errors.js';

/**
 * What the kernels take: 107 bytes on Linux, 103 on macOS. Node 20.20 cuts a longer path short without
 * a word (measured), and two directories then share one socket.
 */
const PATH_BYTES_MAX = 103;

/** Where the kernel shows a process its open files; a path through it is short, whatever is open. */
const DESCRIPTORS = '/proc/self/fd';

/**
 * A short path of the directory, for this process alone and for as long as it runs. On Linux it leads
 * through an open descriptor, and so to this very directory even when that is renamed, or deleted and
 * made again; elsewhere it is the path itself or, where that is too long, a link to it.
 * @throws the system's error when the directory cannot be opened.
 */
export function shortDirectory(path: string, platform = process.platform): string {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  if (platform === 'linux' && existsSync(DESCRIPTORS)) return join(DESCRIPTORS, String(descriptor));
  closeSync(descriptor);
  // Room for the name of a socket, and for the directory of one.
  if (Buffer.byteLength(path) <= PATH_BYTES_MAX - 50) return path;
  const place = mkdtempSync('/tmp/comic-queue-');
  process.once('exit', () => rmSync(place, { recursive: true, force: true }));
  const link = join(place, 'd');
  symlinkSync(path, link);
  return link;
}

const shortened = new Map<string, string>();

/**
 * The path by which this process binds or connects the socket: itself where it fits.
 * @throws the system's error when it does not fit and its directory cannot be opened.
 */
export function shortSocketPath(path: string): string {
  if (Buffer.byteLength(path) <= PATH_BYTES_MAX) return path;
  const directory = dirname(path);
  // One descriptor a directory, however many connections there are.
  const short = shortened.get(directory) ?? shortDirectory(directory);
  shortened.set(directory, short);
  return join(short, basename(path));
}

export type Connecting =
  | { readonly kind: 'connected'; readonly socket: Socket }
  /** The file is there and no process listens. */
  | { readonly kind: 'refused' }
  /** There is no such file. */
  | { readonly kind: 'absent' }
  /** A process listens but its backlog is full. */
  | { readonly kind: 'busy' };

const ENDINGS: ReadonlyMap<string | undefined, 'refused' | 'absent' | 'busy'> = new Map([
  ['ECONNREFUSED', 'refused'],
  ['ECONNRESET', 'refused'],
  ['ENOENT', 'absent'],
  ['EAGAIN', 'busy'],
]);

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
    // Errors after this end in `close`, which is what every caller waits for.
    socket.removeAllListeners('error').on('error', () => undefined);
    return { kind: 'connected', socket };
  } catch (error) {
    socket.destroy();
    const ending = ENDINGS.get(errorCode(error));
    if (ending === undefined) throw error;
    return { kind: ending };
  }
}
