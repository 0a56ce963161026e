/** How far something is, as one line. */

import { formatCount, formatShare } from '../../shared/report/format.js';

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
