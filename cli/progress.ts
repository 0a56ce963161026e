/** Shows how far something is: a bar on a terminal, otherwise a plain line every few seconds. */

import { SingleBar } from 'cli-progress';
import { formatCount, formatShare } from '../shared/report/format.js';
import type { Terminal } from './terminal.js';

export interface ProgressDisplay {
  show(progress: Progress): void;
  /** Leaves nothing behind that would stand in the way of what is written next. */
  end(): void;
}

/** Opens the display that suits where notes are written. */
export async function openProgress(terminal: Terminal): Promise<ProgressDisplay> {
  if (terminal.canRedrawNotes) {
    return new ProgressBar(terminal);
  }
  return new ProgressLines(terminal, () => performance.now());
}

/** Smooth to the eye, and no flicker. */
const FRAMES_PER_SECOND = 10;

class ProgressBar implements ProgressDisplay {
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

export interface Progress {
  /** `run-7`. */
  readonly name: string;
  /** What is counted: `comics`. */
  readonly noun: string;
  readonly done: number;
  readonly total: number;
  /** How it goes: `65.4 jobs/s, 2 s left`; empty while nothing can be said. */
  readonly course: string;
}

const BAR_LENGTH_MIN = 8;
const BAR_LENGTH_MAX = 40;

/** Kept free for the course, so that the bar does not change its length while that changes. */
const COURSE_LENGTH = 34;

/** `run-7 ██████░░░░  120/200  60 %  65.4 jobs/s, 2 s left`, shorter than the terminal is wide. */
export function barLine(progress: Progress, width: number): string {
  const { name, done, total, course } = progress;
  const share = shareOf(progress);
  const whole = formatCount(total);
  const count = `${formatCount(done).padStart(whole.length)}/${whole}`;
  const percent = `${Math.floor(share * 100)} %`.padStart(5);
  const head = `${count} ${percent}`;
  const room = width - 1 - name.length - 3 - head.length - 2 - COURSE_LENGTH;
  const length = Math.min(BAR_LENGTH_MAX, Math.max(BAR_LENGTH_MIN, room));
  const full = Math.floor(share * length);
  const bar = `${'█'.repeat(full)}${'░'.repeat(length - full)}`;
  return `${name} ${bar}  ${head}  ${course}`.slice(0, width - 1).trimEnd();
}

/** `run-7: 120 of 200 comics (60 %), 65.4 jobs/s, 2 s left`. */
export function plainLine(progress: Progress): string {
  const { name, noun, done, total, course } = progress;
  const share = formatShare(Math.floor(shareOf(progress) * 100) / 100);
  const count = `${name}: ${formatCount(done)} of ${formatCount(total)} ${noun} (${share})`;
  return course === '' ? count : `${count}, ${course}`;
}

function shareOf({ done, total }: Progress): number {
  return total === 0 ? 1 : Math.min(done / total, 1);
}
