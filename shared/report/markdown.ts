/** Reports in Markdown. Selections, sites and terms were typed by people: in here they stay text. */

import { safeText } from '../base/safe-text.js';

/** Longer cells and titles are cut. */
const TEXT_LENGTH_MAX = 500;

/** The last paragraph of a report: how its figures are computed. */
export const HOW_MEASURED =
  'Throughput is the jobs that did their work over the time from the first start of any attempt to the last end; ' +
  "the speed-up is the run's throughput over its baseline's; the ideal is the larger of the longest " +
  'fetch and all fetch time shared out among the jobs active at once.';

/** A page: its title, then blocks of Markdown with an empty line between them. */
export function markdownPage(title: string, blocks: readonly string[]): string {
  return `${[`# ${escapeMarkdown(title)}`, ...blocks].join('\n\n')}\n`;
}

/** A table whose first column is aligned to the left and all others to the right. */
export function markdownTable(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const alignment = titles.map((_, column) => (column === 0 ? '---' : '---:'));
  return [
    tableRow(titles.map(escapeMarkdown)),
    tableRow(alignment),
    ...rows.map((row) => tableRow(row.map(escapeMarkdown))),
  ].join('\n');
}

/** Text that Markdown shows as it is: markup escaped, control characters made visible. */
export function escapeMarkdown(text: string): string {
  return safeText(text, TEXT_LENGTH_MAX).replaceAll(/[\\`*_{}[\]<>|#]/g, String.raw`\$&`);
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
