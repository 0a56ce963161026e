/** `--export-csv` and `--export-markdown`: a comparison in a file of the caller's, or on stdout. */

import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, realpath, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CommandError, errorCode, errorText, EXIT } from '../../shared/base/errors.js';
import { OUTCOMES } from '../../shared/base/outcome.js';
import { safeText } from '../../shared/base/safe-text.js';
import { publish, writeWhole } from '../../shared/store/whole-file.js';
import type { Terminal } from '../terminal.js';
import { comparisonMarkdown } from './files.js';
import type { Baseline, ComparisonReport, Step } from './report.js';

/** The path that stands for stdout. */
export const STDOUT = '-';

export interface ExportFlags {
  readonly exportCsv?: string | undefined;
  readonly exportMarkdown?: string | undefined;
  readonly json?: true | undefined;
}

export interface Export {
  readonly flag: '--export-csv' | '--export-markdown';
  /** Of a file, or {@link STDOUT}. */
  readonly path: string;
}

/** @throws CommandError (usage) for an empty path, and where two documents would share stdout. */
export function exportsOf({ exportCsv, exportMarkdown, json }: ExportFlags): readonly Export[] {
  const exports: Export[] = [];
  if (exportCsv !== undefined) exports.push({ flag: '--export-csv', path: exportCsv });
  if (exportMarkdown !== undefined)
    exports.push({ flag: '--export-markdown', path: exportMarkdown });
  const nameless = exports.find(({ path }) => path === '');
  if (nameless !== undefined) throw usage(`${nameless.flag} needs the path of a file, or -`);
  const printed = exports.filter(({ path }) => path === STDOUT).map(({ flag }) => `${flag} -`);
  if (json === true) printed.push('--json');
  const [first, second] = printed;
  if (first === undefined || second === undefined || exports.length === 0) return exports;
  throw usage(`${first} and ${second} both write to stdout: give one of them a file`);
}

/**
 * Checks that the files can be written, before minutes of measuring.
 *
 * @throws CommandError (cannot write) that names the option.
 */
export async function requireWritable(exports: readonly Export[]): Promise<void> {
  for (const { flag, path } of exports) {
    if (path === STDOUT) continue;
    try {
      const place = await placeOf(path);
      await access(place.isFile ? dirname(place.path) : place.path, constants.W_OK);
    } catch (error) {
      throw cannotWrite(path, error, `Give another file with ${flag}`);
    }
  }
}

/**
 * Writes the exports of a comparison; each file is there whole, or as it was.
 *
 * @throws CommandError (cannot write) that says where the report is all the same.
 */
export async function writeExports(
  terminal: Terminal,
  report: ComparisonReport,
  exports: readonly Export[],
): Promise<void> {
  for (const { flag, path } of exports) {
    const text = flag === '--export-csv' ? comparisonCsv(report) : exportedMarkdown(report);
    if (path === STDOUT) {
      terminal.print(text.trimEnd());
      continue;
    }
    try {
      await write(path, text);
    } catch (error) {
      throw cannotWrite(path, error, `The report is in ${report.files.markdown}`);
    }
  }
}

/** Charts lie beside the comparison's own report: this page may be anywhere. */
function exportedMarkdown(report: ComparisonReport): string {
  return comparisonMarkdown({ ...report, files: { ...report.files, chart: null, sweep: null } });
}

async function write(path: string, text: string): Promise<void> {
  const place = await placeOf(path);
  if (!place.isFile) {
    await writeFile(place.path, text);
    return;
  }
  const name = `.${basename(place.path)}.${randomBytes(4).toString('hex')}.tmp`;
  const temporary = join(dirname(place.path), name);
  await writeWhole(temporary, Buffer.from(text), 'rename');
  publish(temporary, place.path);
}

interface Place {
  /** Behind symbolic links, which are to stay. */
  readonly path: string;
  /** Whether a file is there, or nothing yet: a device or a pipe is written to as it is. */
  readonly isFile: boolean;
}

async function placeOf(path: string): Promise<Place> {
  try {
    const real = await realpath(path);
    const stats = await stat(real);
    if (stats.isDirectory()) throw new Error('it is a directory');
    return { path: real, isFile: stats.isFile() };
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    return { path: join(await realpath(dirname(path)), basename(path)), isFile: true };
  }
}

function cannotWrite(path: string, error: unknown, nextStep: string): CommandError {
  const text = `Cannot write ${safeText(path, 200)}: ${errorText(error)}. ${nextStep}`;
  return new CommandError(EXIT.cannotWrite, text, { cause: error });
}

function usage(message: string): CommandError {
  return new CommandError(EXIT.usage, message);
}

/** A value that CSV can hold; nothing where there is none. */
type Cell = string | number | null;

/**
 * The figures of a comparison as CSV (RFC 4180, without carriage returns): a line for the baseline and
 * one for each concurrency, by the names and in the units that `report.json` has.
 */
export function comparisonCsv(report: ComparisonReport): string {
  const { baseline, steps } = report;
  const rows = [
    ...(baseline === null ? [] : [rowOf(report, 'baseline', baseline, undefined)]),
    ...steps.map((step) => rowOf(report, 'run', step, step)),
  ];
  const titles = Object.keys(rows[0] ?? {});
  const lines = rows.map((row) => Object.values(row).map(csvCell).join(','));
  return `${[titles.join(','), ...lines].join('\n')}\n`;
}

function rowOf(
  report: ComparisonReport,
  side: 'baseline' | 'run',
  figures: Baseline,
  step: Step | undefined,
): Readonly<Record<string, Cell>> {
  const { kind, site, selection, jobs, reports } = report;
  const { runs, wallMs, throughputPerSecond, concurrency, idealMs, efficiency, fetch } = figures;
  const times = reports.filter(({ run }) => runs.includes(run)).flatMap((one) => one.wallMs ?? []);
  const [speedUpMin, speedUpMax] = step?.range ?? [null, null];
  const counts = OUTCOMES.map((outcome) => [outcome, figures.outcomes[outcome] ?? 0] as const);
  return {
    kind,
    site,
    selection,
    jobs,
    side,
    asked: step?.asked ?? 1,
    concurrency,
    passes: runs.length,
    wallMs,
    wallMsMin: times.length === 0 ? null : Math.min(...times),
    wallMsMax: times.length === 0 ? null : Math.max(...times),
    throughputPerSecond,
    speedUp: step?.speedUp ?? null,
    speedUpMin,
    speedUpMax,
    idealMs,
    efficiency,
    fetchP50Ms: fetch.count === 0 ? null : fetch.p50Ms,
    fetchP95Ms: fetch.count === 0 ? null : fetch.p95Ms,
    fetchP99Ms: fetch.count === 0 ? null : fetch.p99Ms,
    ...Object.fromEntries(counts),
    outliers: figures.outliers.join(' '),
    note: step?.note ?? null,
  };
}

function csvCell(value: Cell): string {
  const text = String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
