/** From arguments to an exit code: only the command that is called for is loaded. */

import {
  Command,
  CommanderError,
  type CommandUnknownOpts,
  Help,
  type Option,
} from '@commander-js/extra-typings';
import { EXIT, type ExitCode } from '../shared/base/errors.js';
import { proposed, setInvocation } from '../shared/base/proposed-command.js';
import {
  type CommonCommand,
  type Define,
  type Example,
  type Execute,
  notesText,
  withExamples,
} from './command.js';
import { invocationOf, thisCaller } from './invocation.js';
import type { CommandOutline } from './reference/outline.js';
import { SETTINGS } from './settings.js';
import { noteProblem, type Terminal } from './terminal.js';
import { programVersion } from './version.js';

const EXAMPLES: readonly Example[] = [
  ['demo', 'everything on this machine, offline'],
  ['get comics 1-50 -c 10', 'fetch comics, 10 at once, and leave'],
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
  // Errors that come before the configuration is read propose commands, too.
  setInvocation(
    invocationOf({ dataDir: SETTINGS.dataDir.fallback, redisUrl: undefined }, thisCaller()),
  );
  const execute: Execute = async (flags, act) => {
    const { runCommand } = await import('./run-command.js');
    exitCode = await runCommand(flags, terminal, act);
  };
  const words = knownHelp(verbFirst(args));
  const program = await buildProgram(words, execute, terminal);
  try {
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) {
      const { report } = await import('./run-command.js');
      return report(error, terminal);
    }
    exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  await terminal.flush();
  const { outputError } = terminal;
  if (outputError === undefined) return exitCode;
  noteProblem(`Cannot write the output: ${outputError.message}. It is incomplete`, terminal);
  return EXIT.cannotWrite;
}

async function buildProgram(
  args: readonly string[],
  execute: Execute,
  terminal: Terminal,
): Promise<Command> {
  const program = withExamples(new Command('comic-queue'), EXAMPLES)
    .description('A durable, polite and fast download queue on Redis.')
    .version(programVersion(), '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', notesText('--data DIR and --json go before or after the command.'))
    .exitOverride()
    .configureHelp({ subcommandTerm, visibleOptions })
    .configureOutput({
      writeOut: (text) => terminal.print(text.replace(/\n$/, '')),
      writeErr: (text) => terminal.note(text.replace(/\n$/, '')),
      outputError: (text, write) => write(oneLine(text)),
    });
  const called = calledCommands(args);
  for (const entry of COMMANDS) {
    const command = commonCommand(program, entry);
    if (!called.includes(entry.name)) continue;
    const define = await entry.load();
    define(command, execute);
  }
  return program;
}

/** A command with the options that all have. */
export function commonCommand(program: Command, { name, summary }: CommandEntry): CommonCommand {
  return program
    .command(name)
    .description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`)
    .summary(summary)
    .helpOption('-h, --help', 'show this help')
    .option('--data <dir>', `${SETTINGS.dataDir.summary} (default: ${SETTINGS.dataDir.fallback})`)
    .option('--json', 'print one JSON document instead of text')
    .configureOutput({
      outputError: (text, write) => write(oneLine(text, `. See: ${proposed(name, '--help')}`)),
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

/** `--data` and `--json` may stand before the command, which takes them behind it. */
function verbFirst(args: readonly string[]): string[] {
  let verbAt = 0;
  while (/^--(?:json|data)(?:=|$)/.test(args[verbAt] ?? '')) {
    verbAt += args[verbAt] === '--data' ? 2 : 1;
  }
  // Without a verb these options are beside the point.
  if (verbAt >= args.length) return [];
  return [...args.slice(verbAt, verbAt + 1), ...args.slice(0, verbAt), ...args.slice(verbAt + 1)];
}

/** `help comics` is as wrong as `comics`: commander would show the help of everything, without a word. */
function knownHelp(words: readonly string[]): readonly string[] {
  const [verb, asked] = words;
  if (verb !== 'help' || asked === undefined || asked.startsWith('-')) return words;
  if (asked === 'help') return ['help'];
  return COMMANDS.some(({ name }) => name === asked) ? words : [asked];
}

/** Commander's message on one line, begun and ended as all our messages are. */
function oneLine(text: string, end = ''): string {
  const fact = text
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ')
    .replace('(Did you mean', '(did you mean')
    .trim()
    .replace(/\.$/, '');
  return `comic-queue: ${fact.charAt(0).toUpperCase()}${fact.slice(1)}${end}`;
}

export interface CommandEntry {
  readonly name: string;
  /** How its arguments are written in the list of commands. */
  readonly usage?: string;
  readonly summary: string;
  load(): Promise<Define>;
}

/** In the order of `--help`. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'get',
    usage: '<kind> <words…>',
    summary: 'queue, fetch and wait, in one terminal',
    load: async () => (await import('./commands/get.js')).defineGet,
  },
  {
    name: 'enqueue',
    usage: '<kind> <words…>',
    summary: 'queue jobs of a kind, as a run',
    load: async () => (await import('./commands/enqueue.js')).defineEnqueue,
  },
  {
    name: 'work',
    summary: 'start a worker: fetch and keep what is queued',
    load: async () => (await import('./commands/work.js')).defineWork,
  },
  {
    name: 'dashboard',
    summary: 'serve the board',
    load: async () => (await import('./commands/dashboard.js')).defineDashboard,
  },
  {
    name: 'compare',
    usage: '<kind> <words…>',
    summary: 'measure one job at a time against many',
    load: async () => (await import('./commands/compare.js')).defineCompare,
  },
  {
    name: 'demo',
    summary: 'everything on this machine, offline',
    load: async () => (await import('./commands/demo.js')).defineDemo,
  },
  {
    name: 'runs',
    summary: 'list the runs',
    load: async () => (await import('./commands/runs.js')).defineRuns,
  },
  {
    name: 'status',
    usage: '[run]',
    summary: 'show queues, workers and the newest runs',
    load: async () => (await import('./commands/status.js')).defineStatus,
  },
  {
    name: 'wait',
    usage: '[run]',
    summary: 'wait for a run to end',
    load: async () => (await import('./commands/wait.js')).defineWait,
  },
  {
    name: 'cancel',
    usage: '<run>',
    summary: 'give up what is left of a run',
    load: async () => (await import('./commands/cancel.js')).defineCancel,
  },
  {
    name: 'failed',
    usage: '[run]',
    summary: 'list what failed in a run, as input for another',
    load: async () => (await import('./commands/failed.js')).defineFailed,
  },
  {
    name: 'retry',
    usage: '[run]',
    summary: 'try again what failed in a run',
    load: async () => (await import('./commands/retry.js')).defineRetry,
  },
  {
    name: 'forget',
    usage: '<runs…>',
    summary: 'remove ended runs from the list',
    load: async () => (await import('./commands/forget.js')).defineForget,
  },
  {
    name: 'pause',
    usage: '<queue>',
    summary: 'take no more jobs from a queue',
    load: async () => (await import('./commands/pause.js')).definePause,
  },
  {
    name: 'resume',
    usage: '<queue>',
    summary: 'take jobs from a queue again',
    load: async () => (await import('./commands/pause.js')).defineResume,
  },
  {
    name: 'rate',
    usage: '<kind> <rate>',
    summary: 'limit how often a site is asked',
    load: async () => (await import('./commands/rate.js')).defineRate,
  },
  {
    name: 'watch',
    usage: '[kind]',
    summary: 'keep up with what is new',
    load: async () => (await import('./commands/watch.js')).defineWatch,
  },
  {
    name: 'verify',
    summary: 'check every kept result',
    load: async () => (await import('./commands/verify.js')).defineVerify,
  },
  {
    name: 'doctor',
    summary: 'check this machine, Redis and the configuration',
    load: async () => (await import('./commands/doctor.js')).defineDoctor,
  },
  {
    name: 'config',
    summary: 'show every setting and where it came from',
    load: async () => (await import('./commands/config.js')).defineConfig,
  },
  {
    name: 'completion',
    usage: '<shell>',
    summary: 'print the completion for a shell',
    load: async () => (await import('./reference/completion.js')).completionOf(outlines),
  },
  {
    name: 'origin',
    summary: 'serve a local stand-in for the sites',
    load: async () => (await import('./commands/origin.js')).defineOrigin,
  },
];

/** Every command as data, in the order of `--help`. */
export async function outlines(): Promise<CommandOutline[]> {
  const { outlineOf } = await import('./reference/outline.js');
  const program = new Command();
  return Promise.all(
    COMMANDS.map(async (entry) => {
      const command = commonCommand(program, entry);
      const define = await entry.load();
      define(command, async () => {});
      return outlineOf(command);
    }),
  );
}
