/** Pages of the reference, from the code: `npx vitest run tests/docs/reference.test.ts -u` writes them. */

import { join } from 'node:path';
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { commonCommand, type CommandEntry, COMMANDS } from '../../cli/program.js';
import { createMetrics } from '../../dashboard/metrics/metrics.js';
import { code, tableOf } from '../support/markdown-page.js';
import { PROJECT_ROOT } from '../support/project-root.js';

const COMMANDS_INTRODUCTION = `# Commands

What \`comic-queue help COMMAND\` says, with examples there. Every command has \`--data DIR\`, the directory of the embedded Redis and the results, \`--json\`, whose documents are in [JSON output](json-output.md), and \`--help\`. Many flags have a variable, too: [configuration](configuration.md). How commands end is in [exit codes](exit-codes.md).`;

const METRICS_INTRODUCTION = `# Metrics

What the board serves at \`/metrics\`, besides those of its own process (\`comic_queue_board_…\`). [How to scrape it](deployment.md), with alert rules and a dashboard.`;

/** Options that each command has. */
const COMMON = new Set(['--data', '--json', '--help']);

test('docs/commands.md lists every command, argument and option', async () => {
  const sections = await Promise.all(COMMANDS.map(sectionOf));

  await expect([COMMANDS_INTRODUCTION, ...sections.flat(), ''].join('\n')).toMatchFileSnapshot(
    join(PROJECT_ROOT, 'docs/commands.md'),
  );
});

test('docs/metrics.md lists every metric', async () => {
  const text = await createMetrics(Registry.PROMETHEUS_CONTENT_TYPE, '0.0.0').registry.metrics();
  const rows = [...text.matchAll(/^# HELP (\w+) (.+)\n# TYPE \w+ (\w+)$/gm)]
    .filter(([, name = '']) => !name.startsWith('comic_queue_board_'))
    .map(([, name = '', help = '', type = '']) => [code(name), type, help]);
  expect(rows.length).toBeGreaterThan(10);

  const table = tableOf([['metric', 'type', 'what it says'], ...rows]);

  await expect([METRICS_INTRODUCTION, '', ...table, ''].join('\n')).toMatchFileSnapshot(
    join(PROJECT_ROOT, 'docs/metrics.md'),
  );
});

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
