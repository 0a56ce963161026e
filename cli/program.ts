/** From arguments to an exit code: only the command that is called for is loaded. */

import {
  Command,
  CommanderError,
  type CommandUnknownOpts,
  Help,
  type Option,
} from '@commander-js/extra-typings';
import { EXIT, type ExitCode } from '../shared/base/errors.js';
import { type CommandEntry, COMMANDS } from './command-list.js';
import { type CommonCommand, examplesText, type Example, type Run } from './command.js';
import { SETTINGS } from './settings.js';
import type { Terminal } from './terminal.js';
import { programVersion } from './version.js';

const EXAMPLES: readonly Example[] = [
  ['demo', 'all of it on this machine, offline'],
  ['enqueue comics 1-200 --wait', 'queue comics and wait for them'],
  ['work -c 50', 'a worker that fetches 50 at once'],
  ['dashboard', 'the board, on http://127.0.0.1:3000'],
];

const COMMON_FLAGS: ReadonlySet<string> = new Set(['--data', '--json', '--help', '--version']);

/**
 * Runs the command that the arguments name.
 *
 * @returns the exit code of the process.
 */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const run: Run = async (flags, act) => {
    const { runCommand } = await import('./run-command.js');
    exitCode = await runCommand(flags, terminal, act);
  };
  const program = await buildProgram(args, run);
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const { report } = await import('./run-command.js');
    return report(error, terminal);
  }
}

async function buildProgram(args: readonly string[], run: Run): Promise<Command> {
  const program = new Command('comic-queue')
    .description('A durable, polite and fast download queue on Redis.')
    .version(programVersion(), '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('before', examplesText(EXAMPLES))
    .exitOverride()
    .configureHelp({ subcommandTerm, visibleOptions })
    .configureOutput({ outputError: (text, write) => write(oneLine(text)) });
  const called = calledCommands(args);
  for (const entry of COMMANDS) {
    const command = commonCommand(program, entry);
    if (!called.includes(entry.name)) continue;
    const define = await entry.load();
    define(command, run);
  }
  return program;
}

function commonCommand(program: Command, { name, summary }: CommandEntry): CommonCommand {
  return program
    .command(name)
    .description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`)
    .summary(summary)
    .helpOption('-h, --help', 'show this help')
    .option('--data <dir>', `${SETTINGS.dataDir.summary} (default: ${SETTINGS.dataDir.fallback})`)
    .option('--json', 'print one JSON document instead of text')
    .configureOutput({
      outputError: (text, write) => write(oneLine(text, `; see comic-queue ${name} --help`)),
    });
}

/** `wait <run>`, as the list of commands shows it. */
function subcommandTerm(command: CommandUnknownOpts): string {
  const usage = COMMANDS.find(({ name }) => name === command.name())?.usage;
  return usage === undefined ? command.name() : `${command.name()} ${usage}`;
}

/** A command's own options first, then those that all have. */
function visibleOptions(command: CommandUnknownOpts): Option[] {
  const options = new Help().visibleOptions(command);
  return [...options.filter((one) => !isCommon(one)), ...options.filter(isCommon)];
}

function isCommon({ long }: Option): boolean {
  return COMMON_FLAGS.has(long ?? '');
}

/** The word that may be a command: the first that is no option, and the one after `help`. */
function calledCommands(args: readonly string[]): readonly string[] {
  return args.filter((word) => !word.startsWith('-')).slice(0, 2);
}

/** Commander's message on one line, in the words of all our messages. */
function oneLine(text: string, end = ''): string {
  const fact = text
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ')
    .trim();
  return `comic-queue: ${fact}${end}\n`;
}
