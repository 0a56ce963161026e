/** A command's way to the keeper of its data directory, starting one where none lives. */

import type { Socket } from 'node:net';
import { CommandError, EXIT } from '../../shared/base/errors.js';
import { wait } from '../../shared/base/wait.js';
import { type ControlMessage, decodeMessage, MESSAGE_LENGTH_MAX } from './control-message.js';
import type { DataDirectory } from './data-directory.js';
import { controlPath, ensureRuntimeDir, readGenerations } from './generation.js';
import { launchKeeper } from './keeper-process.js';
import { type Connecting, connectSocket } from './unix-socket.js';

/** A keeper listens microseconds after it bound its socket: one that refuses this long is dead. */
const REFUSED_LIMIT_MS = 100;
const REFUSED_POLL_MS = 10;
/** Each round meets a keeper that is leaving or just lost to another; many in a row are a defect. */
const ROUNDS_MAX = 50;
const ROUND_PAUSE_MS = 20;
/** A keeper that is starting or leaving gives a sign of life every two seconds. */
const SILENCE_LIMIT_MS = 20_000;

const SILENT_KEEPER =
  'Cannot reach the embedded Redis: its keeper (a process named keeper-main.js) does not answer. End that process, or set REDIS_URL.';

export interface KeeperConnection {
  /** The server's socket; the server answers. */
  readonly socketPath: string;
  /** While it is open the server stays. It does not keep the process alive. */
  readonly control: Socket;
}

/**
 * Resolves with a connection to the leading keeper once the server answers.
 * @throws CommandError as the keeper reports it, or the signal's reason.
 */
export async function connectKeeper(
  directory: DataDirectory,
  announce: (line: string) => void,
  signal: AbortSignal,
): Promise<KeeperConnection> {
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const control = await reachKeeper(directory, signal);
    const answer = control && (await finalMessage(control, announce, signal));
    if (control !== undefined && answer?.type === 'ready') {
      control.setTimeout(0).unref();
      return { socketPath: answer.socketPath, control };
    }
    control?.destroy();
    if (answer?.type === 'failed') throw new CommandError(answer.exitCode, answer.error);
    if (round > 0) await wait(ROUND_PAUSE_MS, signal);
  }
  throw new CommandError(
    EXIT.unavailable,
    `Cannot reach the embedded Redis in ${directory.redisDir}: its keepers come and go. See keeper.log there, or set REDIS_URL.`,
  );
}

/** One look at the sockets: a connection, or undefined when the caller should look again. */
async function reachKeeper(
  directory: DataDirectory,
  signal: AbortSignal,
): Promise<Socket | undefined> {
  await ensureRuntimeDir(directory);
  const { bound, last } = await readGenerations(directory);
  if (bound === 0) {
    await launchKeeper(directory, last + 1, signal);
    return undefined;
  }
  const connecting = await connectPatiently(controlPath(directory, bound), signal);
  if (connecting.kind === 'connected') return connecting.socket;
  if (connecting.kind === 'refused') await launchKeeper(directory, last + 1, signal);
  return undefined;
}

async function connectPatiently(path: string, signal: AbortSignal): Promise<Connecting> {
  const started = performance.now();
  for (;;) {
    const connecting = await connectSocket(path);
    if (connecting.kind !== 'refused') return connecting;
    if (performance.now() - started > REFUSED_LIMIT_MS) return connecting;
    await wait(REFUSED_POLL_MS, signal);
  }
}

/** Passes announcements on; resolves with `ready` or `failed`, or undefined when the keeper left. */
function finalMessage(
  control: Socket,
  announce: (line: string) => void,
  signal: AbortSignal,
): Promise<ControlMessage | undefined> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      control.destroy();
      reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    control.setTimeout(SILENCE_LIMIT_MS, () => {
      control.destroy();
      reject(new CommandError(EXIT.unavailable, SILENT_KEEPER));
    });
    onMessage(control, (message) => {
      if (message.type === 'announce') announce(message.line);
      else resolve(message);
    });
    control.once('close', () => {
      signal.removeEventListener('abort', onAbort);
      resolve(undefined);
    });
  });
}

/** Calls back for each message. No `readline`: it turns a reset connection into a crash. */
function onMessage(control: Socket, receive: (message: ControlMessage) => void): void {
  let text = '';
  control.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (text + chunk).split('\n');
    text = (lines.pop() ?? '').slice(0, MESSAGE_LENGTH_MAX);
    for (const line of lines) {
      const message = decodeMessage(line);
      if (message !== undefined) receive(message);
    }
  });
}
