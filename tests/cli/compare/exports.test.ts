import { lstat, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  comparisonCsv,
  exportsOf,
  requireWritable,
  writeExports,
} from '../../../cli/compare/exports.js';
import { Terminal } from '../../../cli/terminal.js';
import { EXIT } from '../../../shared/base/errors.js';
import { ONE_PASS, stagedComparison, SWEEP, THREE_PASSES } from './staged-report.js';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cq-exports-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** The rows of a CSV without quoted cells, by the titles. */
function rowsOf(csv: string): Record<string, string>[] {
  const [titles = [], ...rows] = csv
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));
  return rows.map((row) => {
    const cells = row.map((cell, index) => [titles[index] ?? '', cell] as const);
    return Object.fromEntries(cells);
  });
}

describe('comparisonCsv()', () => {
  test('has a line for the baseline and one for each concurrency, with the figures of the report', () => {
    const report = stagedComparison(SWEEP);

    const rows = rowsOf(comparisonCsv(report));

    expect(rows.map(({ side, asked }) => `${side} ${asked}`)).toEqual([
      'baseline 1',
      'run 1',
      'run 2',
      'run 10',
      'run 20',
      'run 50',
    ]);
    expect(rows[5]).toMatchObject({
      kind: 'comic',
      selection: '1-200',
      jobs: '200',
      wallMs: '480',
      throughputPerSecond: String(report.steps[4]?.throughputPerSecond),
      speedUp: String(report.steps[4]?.speedUp),
      speedUpMin: '',
      stored: '200',
      missing: '0',
    });
  });

  test('has the range of several passes', () => {
    const [baseline, run] = rowsOf(comparisonCsv(stagedComparison(THREE_PASSES)));

    expect(baseline).toMatchObject({ passes: '3', wallMsMin: '10400', wallMsMax: '10600' });
    expect(run).toMatchObject({ speedUp: '35', speedUpMin: '32', speedUpMax: '40' });
  });

  test('quotes what holds a comma, a quote or a line break', () => {
    const csv = comparisonCsv({ ...stagedComparison(ONE_PASS), selection: 'a "b", c\nd' });

    expect(csv.split('\n', 1)[0]).toMatch(/^kind,site,selection,jobs,/);
    expect(csv).toContain(',"a ""b"", c\nd",200,baseline,');
  });
});

describe('exportsOf()', () => {
  test('takes both, and stdout for one of them', () => {
    expect(exportsOf({ exportCsv: 'a.csv', exportMarkdown: '-' })).toEqual([
      { flag: '--export-csv', path: 'a.csv' },
      { flag: '--export-markdown', path: '-' },
    ]);
    expect(exportsOf({ json: true })).toEqual([]);
  });

  test.each([
    [{ exportCsv: '-', exportMarkdown: '-' }, '--export-csv - and --export-markdown - both'],
    [{ exportCsv: '-', json: true as const }, '--export-csv - and --json both'],
    [{ exportCsv: '' }, '--export-csv needs the path'],
  ])('refuses %j', (flags, message) => {
    expect(() => exportsOf(flags)).toThrow(
      expect.objectContaining({
        exitCode: EXIT.usage,
        message: expect.stringContaining(message) as string,
      }),
    );
  });
});

describe('requireWritable()', () => {
  test.each(['', 'gone/figures.csv'])('refuses %j before anything is measured', async (path) => {
    const exports = exportsOf({ exportCsv: join(directory, path) });

    await expect(requireWritable(exports)).rejects.toMatchObject({
      exitCode: EXIT.cannotWrite,
      message: expect.stringContaining('Give another file with --export-csv') as string,
    });
  });

  test('leaves a file that is there as it is', async () => {
    const path = join(directory, 'figures.csv');
    await writeFile(path, 'before');

    await requireWritable(exportsOf({ exportCsv: path }));

    expect(await readFile(path, 'utf8')).toBe('before');
  });
});

describe('writeExports()', () => {
  const report = stagedComparison(THREE_PASSES);
  const stdout = new PassThrough();
  const terminal = new Terminal(
    stdout as unknown as NodeJS.WriteStream,
    new PassThrough() as unknown as NodeJS.WriteStream,
    {},
  );

  test('replaces a file whole, behind a link to it', async () => {
    const file = join(directory, 'table.md');
    const link = join(directory, 'link.md');
    await writeFile(file, 'before');
    await symlink(file, link);

    await writeExports(terminal, report, exportsOf({ exportMarkdown: link }));

    const page = await readFile(file, 'utf8');
    expect(page).toContain('| throughput |');
    expect(page).not.toContain('.svg');
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect((await readdir(directory)).toSorted()).toEqual(['link.md', 'table.md']);
  });

  test('writes into a device, and prints for -', async () => {
    await writeExports(
      terminal,
      report,
      exportsOf({ exportCsv: '-', exportMarkdown: '/dev/null' }),
    );

    expect(String(stdout.read())).toBe(comparisonCsv(report));
    expect((await lstat('/dev/null')).isCharacterDevice()).toBe(true);
  });
});
