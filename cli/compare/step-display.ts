/** Shows a comparison under way: a bar for the current run, and a line for each that has ended. */

import type { RunProgress } from '../../producer/wait.js';
import { type KindName, kindOf } from '../../shared/kinds/kinds.js';
import { runName } from '../../shared/queues/job.js';
import { formatDuration, formatRate, formatSpeedUp } from '../../shared/report/format.js';
import type { Report } from '../../shared/report/report.js';
import { openProgress, type ProgressDisplay } from '../progress.js';
import { courseText } from '../run-waiting.js';
import type { Session } from '../session.js';
import type { Terminal } from '../terminal.js';
import { atATime } from './grid.js';
import type { ComparisonStep, ComparisonWatch } from './measure.js';

/** Columns of the label: `10,000 at a time`. */
const LABEL_COLUMNS = 14;

export interface StepDisplayOptions {
  readonly kind: KindName;
  readonly passes: number;
}

export class StepDisplay implements ComparisonWatch {
  readonly #terminal: Terminal;
  readonly #display: ProgressDisplay;
  readonly #noun: string;
  readonly #passes: number;
  #name = '';
  #baselineRate: number | null = null;

  constructor(session: Session, { kind, passes }: StepDisplayOptions) {
    this.#terminal = session.terminal;
    this.#display = openProgress(session);
    this.#noun = kindOf(kind).plural;
    this.#passes = passes;
  }

  begin(step: ComparisonStep): void {
    this.#name = nameOf(step, this.#passes);
  }

  progress(progress: RunProgress): void {
    this.#display.show({
      // Bars stand below each other; in a line of text the columns would be in the way.
      name: this.#terminal.canRedrawNotes ? this.#name : this.#name.trimEnd(),
      noun: this.#noun,
      done: progress.done,
      total: progress.total,
      course: courseText(progress),
    });
  }

  end(report: Report | undefined): void {
    this.#display.end();
    if (report === undefined) return;
    const { wallMs, throughputPerSecond: rate, run } = report;
    const cells = [
      (wallMs === null ? '' : formatDuration(wallMs)).padStart(8),
      (rate === null ? '' : formatRate(rate)).padStart(12),
      this.#ratioText(report).padStart(6),
      runName(run),
    ];
    this.#terminal.note(`${this.#name}  ${cells.join('  ')}`);
  }

  /** The ratio to the baseline of the same pass, as a preview: the report decides what counts. */
  #ratioText({ baseline, throughputPerSecond: rate }: Report): string {
    if (baseline) {
      this.#baselineRate = rate;
      return '';
    }
    return rate === null || this.#baselineRate === null
      ? ''
      : formatSpeedUp(rate / this.#baselineRate);
  }
}

function nameOf({ pass, asked }: ComparisonStep, passes: number): string {
  // In a sweep, one at a time in the queue of the runs is not the baseline.
  const label = (asked === 1 ? '1 at a time' : atATime(asked ?? 1)).padEnd(LABEL_COLUMNS);
  if (pass === 0) return `warm-up   ${label}`;
  return passes === 1 ? label : `pass ${pass}/${passes}  ${label}`;
}
