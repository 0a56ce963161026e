/** What the files of the commands have in common: each gives one `define`. */

import type { Command } from '@commander-js/extra-typings';
import type { Flags } from './configuration.js';
import type { Act } from './run-command.js';

/** A command that has what all have: `--data` and `--json`. */
export type CommonCommand = Command<[], CommonOptions>;

// An alias, because commander's options must have an index signature, which interfaces lack.
export type CommonOptions = {
  data?: string;
  json?: true;
};

/** Does a command's work with its flags and keeps the exit code. */
export type Run = (flags: Flags, act: Act) => Promise<void>;

/** Gives a command its arguments, options, examples and action. */
export type Define = (command: CommonCommand, run: Run) => void;

/** A line of the examples: what to type after the program's name, and what it does. */
export type Example = readonly [line: string, meaning: string];

/** Lines longer than this have what they do on a line of its own: help is read at 80 columns. */
const LINE_LENGTH_MAX = 32;

/** The examples of a command, for the top of its help. */
export function examplesText(examples: readonly Example[]): string {
  const lengths = examples.map(([line]) => line.length).filter((one) => one <= LINE_LENGTH_MAX);
  const width = Math.max(...lengths);
  const lines = examples.map(([line, meaning]) =>
    line.length > width
      ? `  comic-queue ${line}\n${' '.repeat(width + 16)}${meaning}`
      : `  comic-queue ${line.padEnd(width)}  ${meaning}`,
  );
  return `Examples:\n${lines.join('\n')}\n`;
}
