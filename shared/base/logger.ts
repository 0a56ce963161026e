/** The one logger: JSON lines or short human lines on stderr, secrets left out. */

import { pino, type Logger as PinoLogger } from 'pino';

export type Logger = PinoLogger;

export type LogLevel = 'silent' | 'error' | 'warn' | 'info' | 'debug';

const REDACTED_PATHS = ['password', '*.password', 'authorization', '*.authorization'];

/**
 * Makes the process's logger. It writes to stderr: stdout belongs to data. Writing is synchronous,
 * so that no line is lost when the process is about to end; the hot path logs nothing at `info`.
 * Where a person reads along, `write` takes each line of JSON instead. `fields` are what each line gets
 * at its moment, such as the trace that it belongs to.
 */
export function createLogger(
  level: LogLevel,
  write?: (line: string) => void,
  fields?: () => object,
): Logger {
  return pino(
    {
      level,
      base: {},
      redact: { paths: REDACTED_PATHS, censor: '[hidden]' },
      ...(fields === undefined ? {} : { mixin: fields }),
    },
    write === undefined ? pino.destination({ dest: 2, sync: true }) : { write },
  );
}

/** A lasting fault writes a line this often, however many jobs meet it. */
const LINE_EVERY_MS = 1000;

/** What a worker tells: changes, and faults that every job may meet, of which there is a line a second at most. */
export class RateLimitedLog {
  readonly #logger: Logger;
  #nextAtMs = 0;
  #leftOut = 0;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Writes a warning, unless one was written within the last second; the next one says how many were left out. */
  warn(sentence: string, fields: object): void {
    const nowMs = performance.now();
    if (nowMs < this.#nextAtMs) {
      this.#leftOut += 1;
      return;
    }
    this.#nextAtMs = nowMs + LINE_EVERY_MS;
    this.#logger.warn(
      this.#leftOut === 0 ? fields : { ...fields, leftOut: this.#leftOut },
      sentence,
    );
    this.#leftOut = 0;
  }

  /** Writes a line about something that is as it should be. */
  info(sentence: string, fields: object): void {
    this.#logger.info(fields, sentence);
  }

  /** Writes a warning that must not be missed: a change of state. */
  always(sentence: string, fields: object): void {
    this.#logger.warn(fields, sentence);
  }
}
