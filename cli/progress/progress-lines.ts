/** A plain line every few seconds, for files and logs. */

import type { Terminal } from '../terminal.js';
import type { ProgressDisplay } from './progress-display.js';
import { plainLine, type Progress } from './progress.js';

const LINE_EVERY_MS = 5000;

/** What ends sooner needs no line at all. */
const FIRST_LINE_AFTER_MS = 2000;

export class ProgressLines implements ProgressDisplay {
  private readonly terminal: Pick<Terminal, 'note'>;
  private readonly nowMs: () => number;
  private nextAtMs: number | undefined;

  constructor(terminal: Pick<Terminal, 'note'>, nowMs: () => number) {
    this.terminal = terminal;
    this.nowMs = nowMs;
  }

  show(progress: Progress): void {
    const nowMs = this.nowMs();
    this.nextAtMs ??= nowMs + FIRST_LINE_AFTER_MS;
    if (nowMs < this.nextAtMs) return;
    this.nextAtMs = nowMs + LINE_EVERY_MS;
    this.terminal.note(plainLine(progress));
  }

  end(): void {
    this.nextAtMs = undefined;
  }
}
