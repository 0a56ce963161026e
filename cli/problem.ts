/** How a problem is written, the same way everywhere. */

import type { Terminal } from './terminal.js';

/** Writes one line about a problem. */
export function noteProblem(text: string, terminal: Terminal): void {
  terminal.note(`${terminal.styleNote('red', 'comic-queue:')} ${text}`);
}

/** Writes one line about what is odd but harmless. */
export function noteWarning(text: string, terminal: Terminal): void {
  terminal.note(`${terminal.styleNote('yellow', 'comic-queue:')} warning: ${text}`);
}
