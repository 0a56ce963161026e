/** A bar on the lowest line of a terminal; gone when it ends. */

import { SingleBar } from 'cli-progress';
import type { Terminal } from '../terminal.js';
import type { ProgressDisplay } from './progress-display.js';
import { barLine, type Progress } from './progress.js';

/** Smooth to the eye, and no flicker. */
const FRAMES_PER_SECOND = 10;

export class ProgressBar implements ProgressDisplay {
  private readonly terminal: Terminal;
  private readonly bar: SingleBar;
  private line = '';
  private started = false;

  constructor(terminal: Terminal) {
    this.terminal = terminal;
    this.bar = new SingleBar({
      format: () => this.line,
      stream: terminal.progressStream,
      fps: FRAMES_PER_SECOND,
      clearOnComplete: true,
      // Wrapping stays as it is: a command that is killed would leave the terminal without it.
      linewrap: true,
    });
  }

  show(progress: Progress): void {
    this.line = barLine(progress, this.terminal.noteWidth);
    if (this.started) this.bar.update(progress.done);
    else this.bar.start(progress.total, progress.done);
    this.started = true;
  }

  end(): void {
    if (this.started) this.bar.stop();
    this.started = false;
  }
}
