/** A log that a lasting fault cannot flood: at most one line a second, saying how many it left out. */

import type { Logger } from '../shared/base/logger.js';

const LINE_EVERY_MS = 1000;

export class RateLimitedLog {
  private readonly logger: Logger;
  private nextAtMs = 0;
  private leftOut = 0;

  constructor(logger: Logger) {
    this.logger = logger;
  }

  /** Writes a warning, unless one was written within the last second. */
  warn(sentence: string, fields: object): void {
    const now = performance.now();
    if (now < this.nextAtMs) {
      this.leftOut += 1;
      return;
    }
    this.nextAtMs = now + LINE_EVERY_MS;
    this.logger.warn(this.leftOut === 0 ? fields : { ...fields, leftOut: this.leftOut }, sentence);
    this.leftOut = 0;
  }

  /** Writes a line that must not be missed: a change of state. */
  always(sentence: string, fields: object): void {
    this.logger.warn(fields, sentence);
  }
}
