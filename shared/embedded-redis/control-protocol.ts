/** What a daemon tells the commands that are connected to it: one JSON object a line. */

import { EXIT, type ExitCode } from '../base/errors.js';
import { parseJson } from '../base/json.js';

export type ControlMessage =
  | { readonly type: 'announce'; readonly line: string }
  /** The server answers. */
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly error: string; readonly exitCode: ExitCode };

/** A daemon that is not ready yet sends at least this often, if only an empty line. */
export const SIGN_OF_LIFE_MS = 2_000;

/** A whole message is far shorter; more without a line end is not ours. */
export const MESSAGE_LENGTH_MAX = 64 * 1024;

/** The line of a message, with its end. */
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
      return { type: 'ready' };
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
  const value = parseJson(line);
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
