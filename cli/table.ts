/** Text in columns, for people. */

export interface Column<Row> {
  readonly title: string;
  readonly align?: 'right';
  text(row: Row): string;
}

/** Lays rows out under their titles; the last column is cut at the width, none is wrapped. */
export function tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
): string[] {
  const cells = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map((column) => column.text(row))),
  ];
  const widths = columns.map((_, index) =>
    Math.max(...cells.map((line) => line[index]?.length ?? 0)),
  );
  return cells.map((line) => cut(lineOf(line, columns, widths), width));
}

function lineOf<Row>(
  line: readonly string[],
  columns: readonly Column<Row>[],
  widths: readonly number[],
): string {
  return line
    .map((text, index) => {
      const columnWidth = widths[index] ?? 0;
      return columns[index]?.align === 'right'
        ? text.padStart(columnWidth)
        : text.padEnd(columnWidth);
    })
    .join('  ')
    .trimEnd();
}

function cut(line: string, width: number): string {
  return line.length > width ? `${line.slice(0, Math.max(width - 1, 0))}…` : line;
}
