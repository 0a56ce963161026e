/**
 * A comparison on the terminal. Under way: a bar for the current run, and a line for each that has ended.
 * At the end: its figures in a table and in bars, its result, and where its files are.
 */

import type { RunProgress } from '../../producer/wait.js';
import { type KindName, kindOf } from '../../shared/kinds/kinds.js';
import { runName } from '../../shared/queues/job.js';
import { compareToBaseline } from '../../shared/report/comparison.js';
import { formatDuration, formatRate, formatSpeedUp } from '../../shared/report/format.js';
import type { Report } from '../../shared/report/report.js';
import { openProgress, type ProgressDisplay } from '../progress.js';
import { courseText } from '../run-waiting.js';
import type { Session } from '../session.js';
import { tableLines, type Terminal } from '../terminal.js';
import { atATime, comparisonGrid, type Grid, headlineOf, remarksOf, stepLabel } from './text.js';
import type { ComparisonStep, ComparisonWatch } from './measure.js';
import type { ComparisonReport } from './report.js';

/** Columns of the label: `10,000 at a time`. */
const LABEL_COLUMNS = 14;

/** In a row of a sweep the fetch times follow what is measured. */
const FIGURE_COLUMNS = 6;

/** A bar shorter than this says nothing, however narrow the terminal. */
const BAR_COLUMNS_MIN = 8;

/** Bars have no width of their own: in a file they take that of a page. */
const BARS_WIDTH_IN_FILES = 80;

/** One eighth of a character, two of them, and so on up to seven. */
const EIGHTHS = '▏▎▍▌▋▊▉';

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
  #baseline: Report | undefined;

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
  #ratioText(report: Report): string {
    if (report.baseline) this.#baseline = report;
    if (report.baseline || this.#baseline === undefined) return '';
    const { speedUp } = compareToBaseline(report, this.#baseline);
    return speedUp === null ? '' : formatSpeedUp(speedUp);
  }
}

function nameOf({ pass, asked }: ComparisonStep, passes: number): string {
  // In a sweep, one at a time in the queue of the runs is not the baseline.
  const label = (asked === 1 ? '1 at a time' : atATime(asked ?? 1)).padEnd(LABEL_COLUMNS);
  if (pass === 0) return `warm-up   ${label}`;
  return passes === 1 ? label : `pass ${pass}/${passes}  ${label}`;
}

export interface TextStyle {
  /** Columns of the terminal; infinite where the text goes to a file. */
  readonly width: number;
  /** Whether to use ASCII only, for a dumb terminal. */
  readonly plain: boolean;
  /** Makes a text stand out. */
  readonly strong: (text: string) => string;
}

/** The table, the bars, the result, remarks on it, and the paths of the files. */
export function comparisonText(report: ComparisonReport, style: TextStyle): string[] {
  const width = Number.isFinite(style.width) ? style.width : BARS_WIDTH_IN_FILES;
  const bars = barChart(throughputBars(report), { ...style, width });
  const remarks = remarksOf(report);
  return [
    ...gridText(comparisonGrid(report), style.width),
    ...(bars.length === 0 ? [] : ['', ...bars]),
    '',
    style.strong(headlineOf(report)),
    ...remarks,
    '',
    ...fileLines(report),
  ];
}

function gridText({ titles, rows }: Grid, width: number): string[] {
  const columns = titles.map((title, index) => ({
    title,
    ...(index === 0 ? {} : { align: 'right' as const }),
    spare: index >= FIGURE_COLUMNS,
    text: (row: readonly string[]) => row[index] ?? '',
  }));
  return tableLines(columns, rows, width);
}

function fileLines({ files, workers }: ComparisonReport): string[] {
  const lines: [string, string | null][] = [
    ['Chart', files.chart],
    ['Sweep', files.sweep],
    ['Report', files.markdown],
    ['Results', workers === 'own' ? files.directory : null],
  ];
  return lines.flatMap(([label, path]) => (path === null ? [] : [`${label.padEnd(8)} ${path}`]));
}

export interface BarRow {
  readonly label: string;
  /** Not negative; the longest bar is the largest of them. */
  readonly value: number;
  /** Written behind the bar: `655 jobs/s`. */
  readonly note: string;
}

/** Throughput of the baseline and of each concurrency. */
export function throughputBars({ baseline, steps }: ComparisonReport): BarRow[] {
  const sides = [
    ...(baseline === null ? [] : [{ ...baseline, label: atATime(1) }]),
    ...steps.map((step) => ({
      ...step,
      label: steps.length > 1 ? `up to ${step.asked}` : stepLabel(step),
    })),
  ];
  return sides.flatMap(({ label, throughputPerSecond: value }) =>
    value === null ? [] : [{ label, value, note: formatRate(value) }],
  );
}

/** Draws the rows below each other, within the width wherever labels and notes leave room. */
export function barChart(
  rows: readonly BarRow[],
  { width, plain }: Pick<TextStyle, 'width' | 'plain'>,
): string[] {
  const labelColumns = longest(rows.map(({ label }) => label));
  const noteColumns = longest(rows.map(({ note }) => note));
  const columns = Math.max(BAR_COLUMNS_MIN, width - labelColumns - noteColumns - 3);
  const largest = Math.max(...rows.map(({ value }) => value));
  return rows.map(({ label, value, note }) => {
    const share = largest > 0 ? value / largest : 0;
    const bar = plain ? plainBar(share, columns) : fineBar(share, columns);
    return `${label.padEnd(labelColumns)}  ${bar} ${note}`;
  });
}

/** Anything above zero shows: a bar of no length would read as zero. */
function fineBar(share: number, columns: number): string {
  const eighths = share > 0 ? Math.max(1, Math.round(share * columns * 8)) : 0;
  return '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS.charAt((eighths % 8) - 1);
}

function plainBar(share: number, columns: number): string {
  return '#'.repeat(share > 0 ? Math.max(1, Math.round(share * columns)) : 0);
}

function longest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => text.length));
}
