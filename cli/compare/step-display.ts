/** How a comparison comes along: a bar for the run under way, and a line for each that is over. */

import type { RunProgress } from '../../producer/wait.js';
import { type KindName, kindOf } from '../../shared/kinds/kinds.js';
import { runName } from '../../shared/queues/job.js';
import { formatDuration, formatRate, formatSpeedUp } from '../../shared/report/format.js';
import type { Report } from '../../shared/report/report.js';
import { openProgress, type ProgressDisplay } from '../progress.js';
import { courseText } from '../run-waiting.js';
import type { Terminal } from '../terminal.js';
import { atATime } from './grid.js';
import type { ComparisonStep, ComparisonWatch } from './measure.js';

/** Columns of the label: `10,000 at a time`. */
const LABEL_COLUMNS = 14;

export interface DisplayTerms {
  readonly terminal: Terminal;
  readonly kind: KindName;
  readonly passes: number;
}

export class StepDisplay implements ComparisonWatch {
  private readonly terms: DisplayTerms;
  private display: ProgressDisplay | undefined;
  private name = '';
  private baselineRate: number | null = null;

  constructor(terms: DisplayTerms) {
    this.terms = terms;
  }

  async begin(step: ComparisonStep): Promise<void> {
    this.name = nameOf(step, this.terms.passes);
    this.display = await openProgress(this.terms.terminal);
  }

  progress(progress: RunProgress): void {
    this.display?.show({
      // Bars stand below each other; in a line of text the columns would be in the way.
      name: this.terms.terminal.canRedrawNotes ? this.name : this.name.trimEnd(),
      noun: kindOf(this.terms.kind).plural,
      done: progress.done,
      total: progress.total,
      course: courseText(progress, undefined),
    });
  }

  end(report: Report | undefined): void {
    this.display?.end();
    if (report === undefined) return;
    const { wallMs, throughputPerSecond: rate, run } = report;
    const cells = [
      (wallMs === null ? '' : formatDuration(wallMs)).padStart(8),
      (rate === null ? '' : formatRate(rate)).padStart(12),
      this.ratioText(report).padStart(6),
      runName(run),
    ];
    this.terms.terminal.note(`${this.name}  ${cells.join('  ')}`);
  }

  /** How many times as fast as the baseline before it, for now: the report has the last word. */
  private ratioText({ baseline, throughputPerSecond: rate }: Report): string {
    if (baseline) {
      this.baselineRate = rate;
      return '';
    }
    return rate === null || this.baselineRate === null
      ? ''
      : formatSpeedUp(rate / this.baselineRate);
  }
}

function nameOf({ pass, asked }: ComparisonStep, passes: number): string {
  // In a sweep, one at a time in the queue of the runs is not the baseline.
  const label = (asked === 1 ? '1 at a time' : atATime(asked ?? 1)).padEnd(LABEL_COLUMNS);
  if (pass === 0) return `warm-up   ${label}`;
  return passes === 1 ? label : `pass ${pass}/${passes}  ${label}`;
}
