/** The one logger: JSON lines or short human lines on stderr, secrets left out. */

import { pino, type Logger as PinoLogger } from 'pino';

export type Logger = PinoLogger;

export type LogLevel = 'silent' | 'error' | 'warn' | 'info' | 'debug';

const REDACTED_PATHS = ['password', '*.password', 'authorization', '*.authorization'];

/**
 * Makes the process's logger. It writes to stderr: stdout belongs to data. Writing is synchronous,
 * so that no line is lost when the process is about to end; the hot path logs nothing at `info`.
 * Where a person reads along, `write` takes each line of JSON instead.
 */
export function createLogger(level: LogLevel, write?: (line: string) => void): Logger {
  return pino(
    { level, base: {}, redact: { paths: REDACTED_PATHS, censor: '[hidden]' } },
    write === undefined ? pino.destination({ dest: 2, sync: true }) : { write },
  );
}
