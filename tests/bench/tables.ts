/** A report as Markdown and as text for a terminal: the same tables. */

import { judge, type Series } from './figures.js';
import { machineLines } from './machine.js';
import type { BenchReport, CaseReport } from './report.js';
import { pairedRatios, spreadOf } from './statistics.js';
import { spreadText, verdictText, wantedText } from './wording.js';

type Row = readonly string[];

const QUICK = 'A quick run: far too small to say anything about speed.';

/** The whole report; `profile` is a text of its own that goes behind it. */
export function markdownOf(report: BenchReport, profile: string): string {
  const lines = [
    '# Benchmark',
    '',
    `Measured at ${report.startedAt} in one run by \`npm run bench\`: contestants of a case take turns on the same`,
    `origin and the same ids, ${report.repeat} times each at most. Values are medians, with the smallest and the`,
    'largest behind them; ratios are taken within each repeat.',
    ...(report.quick ? ['', `**${QUICK}**`] : []),
    '',
    '## Machine',
    '',
    ...machineLines(report.machine).map((line) => `- ${line}`),
    '',
    '## Figures to reach',
    '',
    ...markdownTable(goalHead(), goalRows(report)),
    ...report.cases.flatMap(caseLines),
    '',
  ];
  return profile === '' ? lines.join('\n') : `${lines.join('\n')}\n${profile}`;
}

/** What is shown on a terminal. */
export function textOf(report: BenchReport): string {
  const failed = report.cases.flatMap(({ name, error }) =>
    error === undefined ? [] : [`${name} could not be measured: ${error}`],
  );
  return [
    ...machineLines(report.machine),
    ...(report.quick ? [QUICK] : []),
    '',
    ...report.cases.flatMap((one) => [
      one.title,
      ...alignedTable(seriesHead(one), seriesRows(one)),
    ]),
    '',
    ...alignedTable(goalHead(), goalRows(report)),
    ...report.cases.flatMap(missingLines),
    ...failed,
    '',
  ].join('\n');
}

function goalHead(): Row {
  return ['what', 'wanted', 'measured', ''];
}

function goalRows({ cases }: BenchReport): Row[] {
  return cases.flatMap(({ goals }) =>
    goals.map((goal) => {
      const judgement = judge(goal);
      const measured = judgement === undefined ? '' : spreadText(judgement, goal.unit);
      return [goal.what, wantedText(goal), measured, verdictText(goal, judgement)];
    }),
  );
}

function seriesHead({ contest = false, series }: CaseReport): Row {
  return [
    ...(contest ? ['contestant', 'measured', 'the first against it'] : ['what', 'measured']),
    ...(hasProcessorTime(series) ? ['processor time each'] : []),
  ];
}

function seriesRows({ series, contest = false }: CaseReport): Row[] {
  const [first] = series;
  return series.map((one) => [
    one.contestant,
    valuesText(one.values, one.unit === '' ? '' : ` ${one.unit}`),
    ...(contest ? [first === undefined || first === one ? '' : ratioText(first, one)] : []),
    ...(hasProcessorTime(series) ? [valuesText(one.processorMs ?? [], ' ms')] : []),
  ]);
}

function hasProcessorTime(series: readonly Series[]): boolean {
  return series.some(({ processorMs }) => processorMs !== undefined);
}

function ratioText(first: Series, other: Series): string {
  return valuesText(pairedRatios(first.values, other.values), '×');
}

function valuesText(values: readonly number[], unit: string): string {
  return values.length === 0 ? '' : spreadText(spreadOf(values), unit);
}

function caseLines(one: CaseReport): string[] {
  return [
    '',
    `## ${one.title}`,
    '',
    one.method,
    '',
    ...(one.error === undefined
      ? markdownTable(seriesHead(one), seriesRows(one))
      : [`**Could not be measured:** ${one.error}`]),
    ...(one.remarks ?? []).flatMap((remark) => ['', remark]),
    ...missingLines(one).flatMap((line) => ['', line]),
  ];
}

function missingLines({ missing = [] }: CaseReport): string[] {
  return missing.map(({ what, why }) => `Missing: ${what} (${why})`);
}

function markdownTable(head: Row, rows: readonly Row[]): string[] {
  const line = (cells: Row): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}

function alignedTable(head: Row, rows: readonly Row[]): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  );
}
