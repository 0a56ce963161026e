/** Pages of the reference, from the code: `npx vitest run tests/docs/reference.test.ts -u` writes them. */

import { execFile, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { commonCommand, type CommandEntry, COMMANDS, outlines } from '../../cli/program.js';
import { SETTING_NAMES, settingOf } from '../../cli/settings.js';
import { programVersion } from '../../cli/version.js';
import { createMetrics } from '../../dashboard/metrics.js';
import { code, tableOf } from '../support/markdown-page.js';
import { PROJECT_ROOT } from '../support/project-root.js';
import { runInProcess } from '../cli/command-line.js';
import { manualPage } from './manual-page.js';

const COMMANDS_INTRODUCTION = `# Commands

What \`comic-queue help COMMAND\` says, with examples there. Every command has \`--data DIR\`, the directory of the embedded Redis and the results, \`--json\`, whose documents are in [JSON output](json-output.md), and \`--help\`. Many flags have a variable, too: [configuration](configuration.md). How commands end is in [exit codes](exit-codes.md).`;

const METRICS_INTRODUCTION = `# Metrics

What the board serves at \`/metrics\`, besides those of its own process (\`comic_queue_board_…\`). [How to scrape it](deployment.md), with alert rules and a dashboard.`;

const METRICS_NOTES = `Counters and histograms are kept in Redis, per queue, and raised in the call that counts a job in the tally of its run: they go back neither when the board starts again nor when old runs are forgotten. Jobs that were dropped with a cancelled run are counted as its report counts them. The answer is in the text format of Prometheus, or as OpenMetrics where that is asked for.

With a password, Prometheus asks with \`basic_auth\`, any user name and the password (or a \`password_file\`). The name under which it asks must be one that the board knows (\`--allow-host\`).`;

const MANUAL = 'docs/comic-queue.1';

const run = promisify(execFile);

/** Whether a program of the operating system is there. */
function isInstalled(program: string): boolean {
  return spawnSync(program, ['--version']).error === undefined;
}

/** Options that each command has. */
const COMMON = new Set(['--data', '--json', '--help']);

test('docs/commands.md lists every command, argument and option', async () => {
  const sections = await Promise.all(COMMANDS.map(sectionOf));

  await expect([COMMANDS_INTRODUCTION, ...sections.flat(), ''].join('\n')).toMatchFileSnapshot(
    join(PROJECT_ROOT, 'docs/commands.md'),
  );
});

/** Its type does not say that a metric has them. */
const Labelled = z.object({ labelNames: z.array(z.string()).default([]) });

function labelsOf(metric: unknown): string[] {
  return Labelled.parse(metric).labelNames;
}

test('docs/metrics.md lists every metric', async () => {
  const { registry } = createMetrics(Registry.PROMETHEUS_CONTENT_TYPE, '0.0.0');
  const text = await registry.metrics();
  const rows = [...text.matchAll(/^# HELP (\w+) (.+)\n# TYPE \w+ (\w+)$/gm)]
    .filter(([, name = '']) => !name.startsWith('comic_queue_board_'))
    .map(([, name = '', help = '', type = '']) => {
      const labels = labelsOf(registry.getSingleMetric(name)).map(code).join(', ');
      return [code(name), type, labels, help];
    });
  expect(rows.length).toBeGreaterThan(10);

  const table = tableOf([['metric', 'type', 'labels', 'what it says'], ...rows]);

  const page = [METRICS_INTRODUCTION, '', ...table, '', METRICS_NOTES, ''].join('\n');
  await expect(page).toMatchFileSnapshot(join(PROJECT_ROOT, 'docs/metrics.md'));
});

test('docs/comic-queue.1 says what the help of all commands says', async () => {
  const entries = new Map(COMMANDS.map((entry) => [entry.name, entry]));
  const examples = new Map(
    await Promise.all(COMMANDS.map(async ({ name }) => [name, await examplesOf(name)] as const)),
  );
  const page = manualPage({
    version: programVersion(),
    commands: await outlines(),
    usageOf: (name) => entries.get(name)?.usage ?? '',
    examplesOf: (name) => examples.get(name) ?? '',
    variables: SETTING_NAMES.map((name) => [settingOf(name).variable, settingOf(name).summary]),
    exitCodes: await exitCodes(),
  });

  await expect(page).toMatchFileSnapshot(join(PROJECT_ROOT, MANUAL));
});

test.skipIf(!isInstalled('man'))('man finds nothing to warn of in the man page', async () => {
  const options = ['--warnings', '--local-file', '-Tutf8', '-Z', join(PROJECT_ROOT, MANUAL)];
  const { stderr } = await run('man', options, { env: { ...process.env, MANWIDTH: '80' } });

  expect(stderr).toBe('');
});

test.skipIf(!isInstalled('mandoc'))('mandoc finds no error in it', async () => {
  const { stdout } = await run('mandoc', ['-T', 'lint', '-W', 'error', join(PROJECT_ROOT, MANUAL)]);

  expect(stdout).toBe('');
});

/** The lines of a command's help that are typed, with their meanings. */
async function examplesOf(name: string): Promise<string> {
  const { stdout } = await runInProcess([name, '--help']);
  return /^Examples:\n(.*?)\n\nUsage:/s.exec(stdout)?.[1] ?? '';
}

/** What docs/exit-codes.md says of each. */
async function exitCodes(): Promise<[string, string][]> {
  const page = await readFile(join(PROJECT_ROOT, 'docs/exit-codes.md'), 'utf8');
  return [...page.matchAll(/^\| (\d+) +\| (.*?) +\|/gm)].map(([, exitCode = '', when = '']) => [
    exitCode,
    when,
  ]);
}

/** The part of a command: its usage, and a table of what it takes. */
async function sectionOf(entry: CommandEntry): Promise<string[]> {
  const command = commonCommand(new Command(), entry);
  const define = await entry.load();
  define(command, async () => {});
  const rows = [...argumentRows(command), ...optionRows(command)];
  const usage = [entry.name, entry.usage].filter((part) => part !== undefined).join(' ');
  const table = rows.length === 0 ? [] : ['', ...tableOf([['takes', 'which is'], ...rows])];
  return ['', `## ${entry.name}`, '', `${code(usage)}: ${entry.summary}.`, ...table];
}

function argumentRows(command: CommandUnknownOpts): string[][] {
  return command.registeredArguments.map((argument) => [
    code(argument.variadic ? `${argument.name()}…` : argument.name()),
    cell(argument.description),
  ]);
}

function optionRows(command: CommandUnknownOpts): string[][] {
  return command.options
    .filter(({ hidden, long }) => !hidden && !COMMON.has(long ?? ''))
    .map(({ flags, description }) => [code(flags), cell(description)]);
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
