/** Shows how far something is: a bar on a terminal, otherwise a plain line every few seconds. */

import type { Terminal } from '../terminal.js';
import type { Progress } from './progress.js';

export interface ProgressDisplay {
  show(progress: Progress): void;
  /** Leaves nothing behind that would stand in the way of what is written next. */
  end(): void;
}

/** Opens the display that suits where notes are written. */
export async function openProgress(terminal: Terminal): Promise<ProgressDisplay> {
  if (terminal.canRedrawNotes) {
    const { ProgressBar } = await import('./progress-bar.js');
    return new ProgressBar(terminal);
  }
  const { ProgressLines } = await import('./progress-lines.js');
  return new ProgressLines(terminal, () => performance.now());
}
