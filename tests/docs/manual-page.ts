/** The man page, from the same definitions as the help. */

import type { CommandOutline, OptionOutline } from '../../cli/reference/outline.js';

export interface ManualPage {
  readonly version: string;
  readonly commands: readonly CommandOutline[];
  /** Arguments of a command, as its usage has them. */
  readonly usageOf: (name: string) => string;
  /** Lines typed, by the command: the examples of its help. */
  readonly examplesOf: (name: string) => string;
  readonly variables: readonly (readonly [name: string, meaning: string])[];
  readonly exitCodes: readonly (readonly [code: string, meaning: string])[];
}

/** The page in the macros of man(7), in ASCII. */
export function manualPage(page: ManualPage): string {
  const lines = [
    `.TH COMIC-QUEUE 1 "" "comic-queue ${page.version}" "User Commands"`,
    '.SH NAME',
    'comic-queue \\- a durable, polite and fast download queue on Redis',
    '.SH SYNOPSIS',
    '.B comic-queue',
    '[\\fB\\-\\-data\\fR \\fIdir\\fR] [\\fB\\-\\-json\\fR] \\fIcommand\\fR [\\fIargument\\fR ...]',
    '.SH DESCRIPTION',
    'A producer makes runs of what is asked for and puts their jobs into Redis; workers, on any',
    'number of machines, fetch and keep the results. Without',
    '.B REDIS_URL',
    'a Redis of its own is kept in the data directory.',
    'Data goes to standard output, all else to standard error.',
    '.SH COMMANDS',
    'Every command takes \\fB\\-\\-data\\fR \\fIdir\\fR, \\fB\\-\\-json\\fR and \\fB\\-\\-help\\fR, the first two also before it.',
    ...page.commands.flatMap((command) => commandLines(command, page)),
    '.SH ENVIRONMENT',
    'Variables are also read from the file',
    '.I .env',
    'in the working directory. A flag takes precedence.',
    ...page.variables.flatMap(([name, meaning]) => ['.TP', `.B ${text(name)}`, line(meaning)]),
    '.SH EXIT STATUS',
    ...page.exitCodes.flatMap(([code, meaning]) => ['.TP', `.B ${code}`, line(meaning)]),
    '.SH FILES',
    '.TP',
    '.I ./data',
    'The embedded Redis and the results, or the nearest directory of that name above.',
  ];
  return `${lines.join('\n')}\n`;
}

/** Options that each command has. */
const COMMON: ReadonlySet<string> = new Set(['--data', '--json', '--help']);

function commandLines(
  { name, summary, arguments: taken, options }: CommandOutline,
  { usageOf, examplesOf }: ManualPage,
): string[] {
  const own = options.filter(({ flags }) => !flags.some((flag) => COMMON.has(flag)));
  return [
    `.SS "${text(`${name} ${usageOf(name)}`.trim())}"`,
    line(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`),
    ...taken.flatMap((one) => [
      '.TP',
      `.I ${text(one.isVariadic ? `${one.name} ...` : one.name)}`,
      line(one.description),
    ]),
    ...own.flatMap((option) => ['.TP', optionHead(option), line(option.description)]),
    '.PP',
    '.nf',
    ...examplesOf(name)
      .split('\n')
      .map((one) => line(one)),
    '.fi',
  ];
}

/** `-c, --concurrency n`: flags bold, the value slanted. */
function optionHead({ flags, placeholder, takesWord }: OptionOutline): string {
  const names = flags.map((flag) => `\\fB${text(flag)}\\fR`).join(', ');
  if (placeholder === undefined) return names;
  const value = `\\fI${text(placeholder)}\\fR`;
  return takesWord ? `${names} ${value}` : `${names} [${value}]`;
}

/** A line of text; one that begins with a point or a quote would be a request. */
function line(content: string): string {
  return text(content).replace(/^(?=[.'])/, '\\&');
}

/** Text in ASCII: a hyphen that is typed, and characters by their code point. */
function text(content: string): string {
  return content
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('"', '\\(dq')
    .replaceAll('`', '')
    .replaceAll(
      /[^\n -~]/gu,
      (character) =>
        `\\[u${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`,
    );
}
