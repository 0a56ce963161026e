/** Bars for the terminal: one a row, in eighths of a character. */

export interface BarRow {
  readonly label: string;
  /** Not negative; the longest bar is the largest of them. */
  readonly value: number;
  /** Written behind the bar: `655 jobs/s`. */
  readonly note: string;
}

export interface BarStyle {
  /** Columns of the terminal. */
  readonly width: number;
  /** Whether to do with ASCII alone, as a dumb terminal needs. */
  readonly plain: boolean;
}

/** A bar shorter than this says nothing, however narrow the terminal. */
const BAR_COLUMNS_MIN = 8;

/** One eighth of a character, two of them, and so on up to seven. */
const EIGHTHS = '▏▎▍▌▋▊▉';

/** Draws the rows below each other, within the width wherever labels and notes leave room. */
export function barChart(rows: readonly BarRow[], { width, plain }: BarStyle): string[] {
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

/** Something above nothing always shows: a bar of no length would read as zero. */
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
