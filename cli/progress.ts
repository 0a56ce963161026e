/** Shows progress: a bar on a terminal, otherwise a plain line every few seconds. */

import { formatCount, formatDone } from '../shared/report/format.js';
import type { Session } from './session.js';
import type { Terminal } from './terminal.js';

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

export interface ProgressDisplay {
  show(progress: Progress): void;
  /** Removes the bar; idempotent. */
  end(): void;
}

/** Opens the display that suits stderr; the session ends it where the command does not. */
export function openProgress(session: Session): ProgressDisplay {
  const { terminal } = session;
  const display = terminal.canRedrawNotes
    ? new ProgressBar(terminal)
    : new ProgressLines(terminal, () => performance.now());
  session.defer(async () => display.end());
  return display;
}

/** Smooth to the eye, and no flicker. */
const FRAME_MS = 100;

export class ProgressBar implements ProgressDisplay {
  readonly #terminal: Pick<Terminal, 'drawStatus' | 'noteWidth'>;
  #line = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(terminal: Pick<Terminal, 'drawStatus' | 'noteWidth'>) {
    this.#terminal = terminal;
  }

  show(progress: Progress): void {
    this.#line = barLine(progress, this.#terminal.noteWidth);
    if (this.#timer !== undefined) return;
    this.#terminal.drawStatus(this.#line);
    this.#timer = setInterval(() => this.#terminal.drawStatus(this.#line), FRAME_MS);
  }

  end(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#terminal.drawStatus('');
  }
}

const LINE_EVERY_MS = 5000;

/** What ends sooner needs no line at all. */
const FIRST_LINE_AFTER_MS = 2000;

export class ProgressLines implements ProgressDisplay {
  readonly #terminal: Pick<Terminal, 'note'>;
  readonly #nowMs: () => number;
  #nextAtMs: number | undefined;

  constructor(terminal: Pick<Terminal, 'note'>, nowMs: () => number) {
    this.#terminal = terminal;
    this.#nowMs = nowMs;
  }

  show(progress: Progress): void {
    const nowMs = this.#nowMs();
    this.#nextAtMs ??= nowMs + FIRST_LINE_AFTER_MS;
    if (nowMs < this.#nextAtMs) return;
    this.#nextAtMs = nowMs + LINE_EVERY_MS;
    this.#terminal.note(plainLine(progress));
  }

  end(): void {
    this.#nextAtMs = undefined;
  }
}

const BAR_LENGTH_MIN = 8;
const BAR_LENGTH_MAX = 40;

/** Reserved for the course, so that the bar keeps its length while the course changes: a longer one shortens it. */
const COURSE_LENGTH = 34;

/** `run-7 ██████░░░░  120/200  60 %  65.4 jobs/s, 2 s left`, shorter than the terminal is wide. */
export function barLine({ name, done, total, course }: Progress, width: number): string {
  const whole = formatCount(total);
  const count = `${formatCount(done).padStart(whole.length)}/${whole}`;
  const head = `${count} ${formatDone(done, total).padStart(5)}`;
  const behind = Math.max(COURSE_LENGTH, course.length);
  const space = width - 1 - name.length - 3 - head.length - 2 - behind;
  const length = Math.min(BAR_LENGTH_MAX, Math.max(BAR_LENGTH_MIN, space));
  const full = total === 0 ? length : Math.floor(Math.min(done / total, 1) * length);
  const bar = `${'█'.repeat(full)}${'░'.repeat(length - full)}`;
  const line = `${name} ${bar}  ${head}  ${course}`.trimEnd();
  return line.length < width ? line : `${line.slice(0, Math.max(0, width - 2))}…`;
}

/** `run-7: 120 of 200 comics (60 %), 65.4 jobs/s, 2 s left`. */
export function plainLine({ name, noun, done, total, course }: Progress): string {
  const count = `${name}: ${formatCount(done)} of ${formatCount(total)} ${noun} (${formatDone(done, total)})`;
  return course === '' ? count : `${count}, ${course}`;
}
