/** Where a command writes: data to stdout, everything else to stderr. */

import { styleText } from 'node:util';
import { errorCode } from '../shared/base/errors.js';
import { unbreakable } from '../shared/base/proposed-command.js';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

export type NoteLevel = 'info' | 'warn' | 'error';

const WIDTH_WITHOUT_TERMINAL = 80;

/** Back to the first column, and everything behind it erased. */
const CLEAR_LINE = '\r\u001b[K';

export class Terminal {
  readonly #stdout: NodeJS.WriteStream;
  readonly #stderr: NodeJS.WriteStream;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #closing = new AbortController();
  #outputError: Error | undefined;
  #writeNote: ((level: NoteLevel, text: string) => void) | undefined;
  /** The line drawn below the notes; empty where there is none. */
  #statusLine = '';

  /** A reader that leaves early, as `head` does, is no error: what follows is not written. */
  constructor(
    stdout: NodeJS.WriteStream,
    stderr: NodeJS.WriteStream,
    environment: NodeJS.ProcessEnv,
  ) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#environment = environment;
    stdout.on('error', (error) => {
      if (errorCode(error) !== 'EPIPE') this.#outputError ??= error;
      this.#closing.abort();
    });
    stderr.on('error', () => {});
  }

  /** Aborts when data can be written no more: its reader is gone, or the disk is full. */
  get outputClosed(): AbortSignal {
    return this.#closing.signal;
  }

  /** Why data was lost, as on a full disk; undefined when all was written, or its reader left. */
  get outputError(): Error | undefined {
    return this.#outputError;
  }

  /** Writes a line of data. */
  print(line: string): void {
    if (!this.#closing.signal.aborted) this.#stdout.write(`${line}\n`);
  }

  /** Writes a value as one line of JSON. */
  printJson(value: unknown): void {
    this.print(JSON.stringify(value));
  }

  /** Has notes written by `write` from now on: where lines of a log are JSON, nothing else is among them. */
  logNotes(write: (level: NoteLevel, text: string) => void): void {
    this.#writeNote = write;
  }

  /** Writes a problem or a warning, with the name of the program before it. */
  noteAs(level: Exclude<NoteLevel, 'info'>, text: string): void {
    if (this.#writeNote !== undefined) {
      this.#writeNote(level, text);
      return;
    }
    const name = this.styleNote(level === 'error' ? 'red' : 'yellow', 'comic-queue:');
    this.note(`${name} ${level === 'warn' ? 'warning: ' : ''}${text}`);
  }

  /** Writes a line for a person, wrapped at the width of the terminal; a status line stays below it. */
  note(line: string): void {
    if (this.#writeNote !== undefined) {
      this.#writeNote('info', line);
      return;
    }
    const lines = this.#stderr.isTTY
      ? line.split('\n').map((one) => wrapped(one, this.noteWidth))
      : [line];
    const clear = this.#statusLine === '' ? '' : CLEAR_LINE;
    this.#stderr.write(`${clear}${lines.join('\n')}\n${this.#statusLine}`);
  }

  /**
   * Draws a line below the notes in place of the one before; an empty one removes it. Only for where
   * {@link canRedrawNotes}. The cursor stays visible and wrapping on: a command that is killed would
   * leave the terminal without them.
   */
  drawStatus(line: string): void {
    if (line === this.#statusLine) return;
    this.#statusLine = line;
    this.#stderr.write(`${CLEAR_LINE}${line}`);
  }

  /**
   * Draws data over the `drawnBefore` rows drawn last, in one write so that nothing flickers. Lines are
   * wrapped at the width; what is beyond the height is left out. Only for where {@link canRedrawData}.
   *
   * @returns how many rows it has drawn.
   */
  drawData(lines: readonly string[], drawnBefore: number): number {
    const width = this.dataWidth;
    const rowsMax = Math.max(1, (this.#stdout.rows ?? Number.POSITIVE_INFINITY) - 1);
    let drawn = 0;
    let text = '';
    for (const row of lines.flatMap((line) => wrapped(line, width).split('\n'))) {
      // A command is not broken: the terminal goes on with it in the next row.
      const rows = Math.max(1, Math.ceil(row.length / width));
      if (drawn + rows > rowsMax) break;
      drawn += rows;
      // Behind a full row the cursor still stands on its last character.
      const isFull = row !== '' && row.length % width === 0;
      text += isFull ? `${row}\n` : `${row}\u001b[K\n`;
    }
    const up = drawnBefore === 0 ? '' : `\u001b[${drawnBefore}A`;
    this.#stdout.write(`${up}\r${text}\u001b[J`);
    return drawn;
  }

  /** Whether notes go to a terminal, where a person reads them. */
  get notesAreRead(): boolean {
    return this.#stderr.isTTY;
  }

  /** Whether lines on stderr may be drawn again in place. */
  get canRedrawNotes(): boolean {
    return this.#stderr.isTTY && this.#environment['TERM'] !== 'dumb';
  }

  /** Whether lines on stdout may be drawn again in place. */
  get canRedrawData(): boolean {
    return this.#stdout.isTTY && this.#environment['TERM'] !== 'dumb';
  }

  /** Whether data goes to a terminal that may know only ASCII. */
  get isPlain(): boolean {
    return this.#environment['TERM'] === 'dumb';
  }

  /** Columns of the terminal that data goes to; infinite where that is none, as nothing cuts a file. */
  get dataWidth(): number {
    return this.#stdout.columns ?? Number.POSITIVE_INFINITY;
  }

  /** Columns that a table may take: what is piped is never cut. */
  get tableWidth(): number {
    return this.#stdout.isTTY ? this.dataWidth : Number.POSITIVE_INFINITY;
  }

  /** Columns of the terminal that notes go to. */
  get noteWidth(): number {
    return this.#stderr.columns ?? WIDTH_WITHOUT_TERMINAL;
  }

  /** Styles a piece of data, where colours are welcome. */
  styleData(style: Style, text: string): string {
    return this.#styled(this.#stdout, style, text);
  }

  /** Styles a piece of a note, where colours are welcome. */
  styleNote(style: Style, text: string): string {
    return this.#styled(this.#stderr, style, text);
  }

  /** Resolves when everything written has been handed to the system. */
  async flush(): Promise<void> {
    await Promise.all([this.#stdout, this.#stderr].map(flushed));
  }

  #styled(stream: NodeJS.WriteStream, style: Style, text: string): string {
    return wantsColor(stream.isTTY, this.#environment)
      ? styleText(style, text, { validateStream: false })
      : text;
  }
}

/** NO_COLOR wins, then FORCE_COLOR, then whether it is a terminal that knows colours. */
export function wantsColor(isTTY: boolean, environment: NodeJS.ProcessEnv): boolean {
  if ((environment['NO_COLOR'] ?? '') !== '') return false;
  const forced = environment['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return isTTY && environment['TERM'] !== 'dumb';
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.errored !== null) resolve();
    else stream.write('', () => resolve());
  });
}

/** Breaks a line between words, but never a command in it; the rows after the first are indented. */
export function wrapped(line: string, width: number): string {
  const rows: string[] = [];
  let row = '';
  for (const word of unbreakable(line)) {
    if (row !== '' && row.length + word.length > width) {
      rows.push(row);
      row = `    ${word.trimStart()}`;
    } else row += word;
  }
  return [...rows, row].join('\n');
}

/** Writes a problem as a line on stderr. */
export function noteProblem(text: string, terminal: Terminal): void {
  terminal.noteAs('error', text);
}

/** Writes a warning as a line on stderr. */
export function noteWarning(text: string, terminal: Terminal): void {
  terminal.noteAs('warn', text);
}

export interface Column<Row> {
  readonly title: string;
  readonly align?: 'right';
  /** Whether it is left out, the last such column first, where all of them are too wide together. */
  readonly spare?: boolean;
  text(row: Row): string;
}

/** Lays out rows under their titles; lines that are too long without spare columns are cut, not wrapped. */
export function tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
): string[] {
  const all = columns.map((column): CellColumn => {
    const { title, align, spare = false } = column;
    const cells = [title, ...rows.map((row) => column.text(row))];
    return { cells, spare, align, width: Math.max(...cells.map(({ length }) => length)) };
  });
  const shown = fitting(all, width);
  return Array.from({ length: rows.length + 1 }, (_, index) => cut(lineOf(shown, index), width));
}

interface CellColumn {
  /** Its title, and a cell for each row. */
  readonly cells: readonly string[];
  readonly width: number;
  readonly align: 'right' | undefined;
  readonly spare: boolean;
}

const GAP = '  ';

/** The columns without as many of the spare ones as is needed. */
function fitting(columns: readonly CellColumn[], width: number): readonly CellColumn[] {
  const needed = columns.reduce((sum, column) => sum + column.width + GAP.length, -GAP.length);
  const last = columns.findLast(({ spare }) => spare);
  if (needed <= width || last === undefined) return columns;
  return fitting(
    columns.filter((column) => column !== last),
    width,
  );
}

function lineOf(columns: readonly CellColumn[], index: number): string {
  return columns
    .map(({ cells, align, width }) => {
      const text = cells[index] ?? '';
      return align === 'right' ? text.padStart(width) : text.padEnd(width);
    })
    .join(GAP)
    .trimEnd();
}

function cut(line: string, width: number): string {
  return line.length > width ? `${line.slice(0, Math.max(width - 1, 0))}…` : line;
}
