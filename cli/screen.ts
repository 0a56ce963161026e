/** Lines that are drawn again in place. */

import type { Terminal } from './terminal.js';

export class Screen {
  private readonly terminal: Terminal;
  private drawn = 0;

  constructor(terminal: Terminal) {
    this.terminal = terminal;
  }

  /**
   * Draws lines over those drawn before, in one write so that nothing flickers; each line is
   * cleared to its end and what was longer before is wiped. What is beyond height or width is left out.
   */
  draw(lines: readonly string[]): void {
    const stream = this.terminal.dataStream;
    const shown = lines.slice(0, Math.max(1, (stream.rows ?? lines.length + 1) - 1));
    const up = this.drawn === 0 ? '' : `\u001b[${this.drawn}A`;
    const text = shown
      .map((line) => `${line.slice(0, this.terminal.dataWidth)}\u001b[K\n`)
      .join('');
    stream.write(`${up}\r${text}\u001b[J`);
    this.drawn = shown.length;
  }
}
