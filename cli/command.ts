/** What the files of the commands share: each exports one function that defines its command. */

import type { Command, CommandUnknownOpts } from '@commander-js/extra-typings';
import type { Flags } from './configuration.js';
import type { Act } from './run-command.js';
import { wrapped } from './terminal.js';

/** Help is read at this width. */
const COLUMNS = 80;

/** Longer examples have their meaning on the next line. */
const LINE_LENGTH_MAX = 44;

/** A command with the options that all have: `--data` and `--json`. */
export type CommonCommand = Command<[], CommonOptions>;

// An alias, because commander's options must have an index signature, which interfaces lack.
export type CommonOptions = {
  data?: string;
  json?: true;
};

/** What can be typed as options, by the function that declares them. */
export type OptionsOf<Declare extends (command: CommonCommand) => CommandUnknownOpts> = ReturnType<
  ReturnType<Declare>['opts']
>;

/** Runs the body of a command and records its exit code. */
export type Execute = (flags: Flags, act: Act) => Promise<void>;

/** Gives a command its arguments, options, examples and action. */
export type Define = (command: CommonCommand, execute: Execute) => void;

/** What was typed for a command that takes inputs of a kind. */
export interface InputFlags {
  readonly kind: string | undefined;
  readonly words: readonly string[];
  readonly input?: string[] | undefined;
}

/** An example: what to type after the program's name, and what it does. */
export type Example = readonly [line: string, meaning: string];

/** Puts examples at the top of a command's help. */
export function withExamples<Made extends CommandUnknownOpts>(
  command: Made,
  examples: readonly Example[],
): Made {
  const typed = examples.map(([line, meaning]) => [`  comic-queue ${line}`, meaning] as const);
  const lengths = typed.map(([line]) => line.length).filter((one) => one <= LINE_LENGTH_MAX);
  const width = Math.max(...lengths);
  const lines = typed.map(([line, meaning]) => {
    const both = `${line.padEnd(width)}  ${meaning}`;
    return line.length <= width && both.length <= COLUMNS ? both : `${line}\n      ${meaning}`;
  });
  return command.addHelpText('before', `Examples:\n${lines.join('\n')}\n`);
}

/** Text below the options of a command, wrapped at the width of help. */
export function notesText(text: string): string {
  const lines = text.split('\n').map((line) => wrapped(line, COLUMNS));
  return `\n${lines.join('\n')}`;
}

/** Collects the values of an option that may be given several times. */
export function repeatable(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}
