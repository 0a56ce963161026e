/** The chart's figures as a table, for those who do not see it or want the numbers. */

import { formatCount } from '../../shared/report/format.js';
import { element } from './element.js';
import { doneAt, type Line, type TimeChart } from './time-chart.js';

const ROWS = 10;

/** Jobs done by each line at ten moments. */
export function courseTable({ lines, lastSeconds }: TimeChart): HTMLTableElement {
  const header = element('tr', {}, heading('elapsed'), ...lines.map(({ label }) => heading(label)));
  const moments = Array.from({ length: ROWS }, (_, index) => (lastSeconds * (index + 1)) / ROWS);
  const rows = moments.map((seconds) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, `${shortSeconds(seconds)} s`),
      ...lines.map((line) => element('td', {}, cell(line, seconds))),
    ),
  );
  return element(
    'table',
    {},
    element('caption', {}, 'Jobs done by elapsed time'),
    element('thead', {}, header),
    element('tbody', {}, ...rows),
  );
}

/** `0.25`, `12.5`, `340`. */
export function shortSeconds(seconds: number): string {
  return seconds >= 100 ? String(Math.round(seconds)) : String(Number(seconds.toPrecision(3)));
}

function heading(label: string): HTMLTableCellElement {
  return element('th', { scope: 'col' }, label);
}

function cell(line: Line, seconds: number): string {
  const done = doneAt(line, seconds);
  if (done !== undefined) return formatCount(done);
  const last = line.points.at(-1);
  return last === undefined ? '–' : `${formatCount(last[1])} (over)`;
}
