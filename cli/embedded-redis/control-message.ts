/** What a keeper says to the commands on its control socket: one JSON object a line. */

import { type ExitCode, EXIT } from '../../shared/base/errors.js';

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
